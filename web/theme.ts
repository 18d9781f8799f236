// The custom properties of style.css, for canvases, which style sheets do not reach.

/** The current value of a custom property such as "--accent". */
export function token(name: `--${string}`): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** Calls `listener` when the page switches between light and dark, which changes the values of `token`. */
export function onThemeChange(listener: () => void): void {
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", listener);
}
