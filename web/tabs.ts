// Tabs after the ARIA Authoring Practices: only the selected tab is in the tab order, the arrow keys move between tabs.

import { byId } from "./dom.js";
import { VIEWS, type View } from "./session.js";

/** Shows the view named by `location.hash`. Calls `onShow` with it now and whenever another view is shown. */
export function startTabs(onShow: (view: View) => void): void {
  const show = (view: View): void => {
    const hidesFocus = VIEWS.some((name) => name !== view && panel(name).contains(document.activeElement));
    for (const name of VIEWS) markTab(name, name === view);
    onShow(view);
    // The focused element may be a link in the view that was just hidden; the focus would be lost with it.
    if (hidesFocus) tab(view).focus();
  };
  for (const view of VIEWS) {
    tab(view).addEventListener("click", () => navigate(view));
    tab(view).addEventListener("keydown", (event) => {
      const next = neighbour(view, event.key);
      if (!next) return;
      event.preventDefault();
      navigate(next);
      tab(next).focus();
    });
  }
  window.addEventListener("hashchange", () => show(viewOfAddress()));
  show(viewOfAddress());
}

/** The view is part of the address, so that links, reloading and the back button work. */
function navigate(view: View): void {
  location.hash = view;
}

function viewOfAddress(): View {
  return VIEWS.find((view) => `#${view}` === location.hash) ?? "draw";
}

/** The view that a key leads to from `view`: arrow keys wrap around, Home and End go to the ends. */
function neighbour(view: View, key: string): View | undefined {
  const index = VIEWS.indexOf(view);
  const targets: Record<string, number> = { ArrowRight: index + 1, ArrowLeft: index - 1, Home: 0, End: -1 };
  const target = targets[key];
  return target === undefined ? undefined : VIEWS.at(target % VIEWS.length);
}

function markTab(view: View, isShown: boolean): void {
  tab(view).ariaSelected = String(isShown);
  tab(view).tabIndex = isShown ? 0 : -1;
  panel(view).hidden = !isShown;
}

function tab(view: View): HTMLElement {
  return byId(`tab-${view}`, HTMLElement);
}

/** The element that contains a view. */
export function panel(view: View): HTMLElement {
  return byId(`view-${view}`, HTMLElement);
}
