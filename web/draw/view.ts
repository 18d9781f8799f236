// The view "Draw": a canvas to draw a digit on, and the answer of the selected network.

import { byId } from "../dom.js";
import { onPress, setEnabled } from "../elements.js";
import { oncePerFrame } from "../frame.js";
import type { Session } from "../session.js";
import { Answer } from "./answer.js";
import { offerNetworks } from "./choice.js";
import { Drawing } from "./drawing.js";
import { listenToKeys } from "./keys.js";
import { Pad } from "./pad.js";
import { readPicture } from "./pictures.js";
import { Recognizer } from "./recognizer.js";
import { animate, firstExample, nextExample } from "./samples.js";

/** Starts the view. Its elements are in index.html, so that it is visible before any script has loaded. */
export function mount(root: HTMLElement, session: Session): void {
  // Starts loading while the rest is set up. `Recognizer` reports an error; here it only must not count as unhandled.
  session.pretrained.catch(() => {});
  const answer = new Answer();
  const recognizer = new Recognizer(session, answer);
  const drawing = new Drawing(oncePerFrame(() => show()));
  const pad = new Pad(byId("pad", HTMLCanvasElement), drawing);
  const show = (): void => {
    pad.paint();
    recognizer.setDrawing(drawing);
    setEnabled(byId("undo", HTMLButtonElement), drawing.canUndo);
    byId("pad-hint", HTMLElement).textContent = hint(drawing);
  };
  listenToKeys(byId("paper", HTMLElement), pad, drawing, (message) => answer.announce(message));
  listenToButtons(root, drawing);
  offerNetworks(byId("network", HTMLSelectElement), session);
  listenToSession(session, recognizer);
  session.onDrop("picture", (file) => {
    readPicture(file).then(
      (picture) => drawing.place(picture),
      (error: Error) => answer.showNothing(error.message),
    );
  });
  drawing.show(firstExample());
}

function hint({ isExample, strokes, picture }: Drawing): string {
  if (picture) return `${picture.name}. Draw to replace it.`;
  if (isExample) return "This is an example. Draw your own digit.";
  return strokes.length > 0 ? "" : "Draw a digit from 0 to 9.";
}

function listenToButtons(root: HTMLElement, drawing: Drawing): void {
  const actions = {
    undo: () => drawing.undo(),
    clear: () => drawing.clear(),
    sample: () => animate(drawing, nextExample()),
  };
  for (const [id, action] of Object.entries(actions)) onPress(byId(id, HTMLButtonElement), action);
  root.addEventListener("keydown", (event) => {
    if (event.key !== "z" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    drawing.undo();
  });
}

function listenToSession(session: Session, recognizer: Recognizer): void {
  const update = oncePerFrame(() => recognizer.update());
  session.on("selected", update);
  for (const event of ["weights", "view"] as const) {
    session.on(event, () => {
      if (session.view === "draw") update();
    });
  }
}
