// The page: three views behind tabs. Draw starts with the page; Train and Look inside load when the page is idle or they are shown.

import { byId } from "./dom.js";
import { mount as mountDraw } from "./draw/view.js";
import { acceptDrops } from "./drops.js";
import { button, make } from "./elements.js";
import { unanswered } from "./fetch.js";
import { Session, type View } from "./session.js";
import { panel, startTabs } from "./tabs.js";

type Mount = (root: HTMLElement, session: Session) => void;
type LazyView = Exclude<View, "draw">;

const session = new Session();
/** Imported on demand, so that Draw does not wait for the charts and the training code. */
const LAZY_VIEWS: Record<LazyView, () => Promise<{ mount: Mount }>> = {
  train: () => import("./train/view.js"),
  inside: () => import("./inside/view.js"),
};
const mounted = new Set<View>(["draw"]);

async function load(view: LazyView): Promise<void> {
  mounted.add(view);
  const root = panel(view);
  try {
    const { mount } = await LAZY_VIEWS[view]();
    root.replaceChildren();
    mount(root, session);
  } catch {
    // Tried again when the view is shown again, too: the connection may have returned.
    mounted.delete(view);
    root.replaceChildren(failure(view));
  }
}

/** What a view says that could not be loaded. The browser's own message names an address. */
function failure(view: LazyView): HTMLElement {
  const sentence = make("p", { className: "error", textContent: `This view could not be loaded: ${unanswered()}.` });
  const again = button("Try again", async () => {
    await load(view);
    // The button has been replaced, and the focus with it.
    panel(view).querySelector<HTMLElement>(".failure button")?.focus();
  });
  return make("div", { className: "card failure", role: "alert" }, sentence, again);
}

/** Loads the other views while nothing else is to be done, so that they are there without a connection. */
function preload(): void {
  for (const view of Object.keys(LAZY_VIEWS) as LazyView[]) LAZY_VIEWS[view]().catch(() => {});
}

function whenIdle(task: () => void): void {
  // Safari has no idle callbacks.
  if ("requestIdleCallback" in window) requestIdleCallback(task, { timeout: 5000 });
  else setTimeout(task, 1000);
}

acceptDrops(byId("main", HTMLElement), session);
mountDraw(panel("draw"), session);
startTabs((view) => {
  session.view = view;
  if (view !== "draw" && !mounted.has(view)) void load(view);
});
// Its answer comes first.
session.pretrained.finally(() => whenIdle(preload)).catch(() => {});
