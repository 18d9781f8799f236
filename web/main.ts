// The page: three views behind tabs. Draw starts with the page; Train and Look inside load when they are first shown.

import { mount as mountDraw } from "./draw/view.js";
import { preventFileNavigation } from "./drops.js";
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
  } catch (error) {
    // Retry when the view is shown again: the connection may have returned.
    mounted.delete(view);
    const message = document.createElement("p");
    message.className = "error";
    message.textContent = `This view could not be loaded: ${(error as Error).message}`;
    root.replaceChildren(message);
  }
}

preventFileNavigation();
mountDraw(panel("draw"), session);
startTabs((view) => {
  session.view = view;
  if (view !== "draw" && !mounted.has(view)) void load(view);
});
