// The page: three views as tabs. Draw is there at once, the others load when they are first shown.

import { mount as mountDraw } from "./draw/view.js";
import { keepPage } from "./drops.js";
import { Session, type View } from "./session.js";
import { panel, startTabs } from "./tabs.js";

type Mount = (root: HTMLElement, session: Session) => void;

const session = new Session();
const LATER: Record<Exclude<View, "draw">, () => Promise<{ mount: Mount }>> = {
  train: () => import("./train/view.js"),
  inside: () => import("./inside/view.js"),
};
const mounted = new Set<View>(["draw"]);

async function load(view: Exclude<View, "draw">): Promise<void> {
  mounted.add(view);
  const root = panel(view);
  try {
    const { mount } = await LATER[view]();
    root.replaceChildren();
    mount(root, session);
  } catch (error) {
    // The next time it is shown it is tried again, as the network may be back.
    mounted.delete(view);
    const message = document.createElement("p");
    message.className = "error";
    message.textContent = `This view could not be loaded: ${(error as Error).message}`;
    root.replaceChildren(message);
  }
}

keepPage();
mountDraw(panel("draw"), session);
startTabs((view) => {
  session.view = view;
  if (view !== "draw" && !mounted.has(view)) void load(view);
});
