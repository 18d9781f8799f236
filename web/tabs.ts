// The tabs, as the ARIA practices describe them: one is in the order of Tab, the arrow keys go from one to the next.

import { byId } from "./dom.js";
import { VIEWS, type View } from "./session.js";

/** Calls `show` with the view of `location.hash` now, and with another whenever the user goes to one. */
export function startTabs(show: (view: View) => void): void {
  const select = (view: View): void => {
    const isLeft = VIEWS.some((name) => name !== view && panel(name).contains(document.activeElement));
    for (const name of VIEWS) mark(name, name === view);
    show(view);
    // What a view's own link was pressed by is hidden now, and the keyboard with it.
    if (isLeft) tab(view).focus();
  };
  for (const view of VIEWS) {
    tab(view).addEventListener("click", () => go(view));
    tab(view).addEventListener("keydown", (event) => {
      const next = neighbour(view, event.key);
      if (!next) return;
      event.preventDefault();
      go(next);
      tab(next).focus();
    });
  }
  window.addEventListener("hashchange", () => select(addressed()));
  select(addressed());
}

/** The address tells the view, so that links, reloading and the back button work. */
function go(view: View): void {
  location.hash = view;
}

function addressed(): View {
  return VIEWS.find((view) => `#${view}` === location.hash) ?? "draw";
}

function neighbour(view: View, key: string): View | undefined {
  const at = VIEWS.indexOf(view);
  const places: Record<string, number> = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: -1 };
  const place = places[key];
  return place === undefined ? undefined : VIEWS.at(place % VIEWS.length);
}

function mark(view: View, isShown: boolean): void {
  tab(view).ariaSelected = String(isShown);
  tab(view).tabIndex = isShown ? 0 : -1;
  panel(view).hidden = !isShown;
}

function tab(view: View): HTMLElement {
  return byId(`tab-${view}`, HTMLElement);
}

/** Where a view is shown. */
export function panel(view: View): HTMLElement {
  return byId(`view-${view}`, HTMLElement);
}
