// The colours of style.css for what is drawn on a canvas, where no sheet reaches.

/** The value of a token such as "--accent" as things are now. */
export function token(name: `--${string}`): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** Calls `listener` whenever the page turns light or dark, and its tokens with it. */
export function onThemeChange(listener: () => void): void {
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", listener);
}
