// The view "Draw": a paper to draw a digit on, and what a network takes it for.

import { byId } from "../dom.js";
import { allow, onPress } from "../elements.js";
import { oncePerFrame } from "../frame.js";
import type { Session } from "../session.js";
import { Answer } from "./answer.js";
import { offerNetworks } from "./choice.js";
import { Drawing } from "./drawing.js";
import { listenToKeys } from "./keys.js";
import { Pad } from "./pad.js";
import { Reader } from "./reader.js";
import { firstExample, nextExample, present } from "./samples.js";

/** Its elements are in index.html, so that it is there before any script. */
export function mount(root: HTMLElement, session: Session): void {
  // While it loads, the rest is set up; whether it could be loaded, the reader tells.
  session.pretrained.catch(() => {});
  const answer = new Answer();
  const reader = new Reader(session, answer);
  const drawing = new Drawing(oncePerFrame(() => show()));
  const pad = new Pad(byId("pad", HTMLCanvasElement), drawing);
  const show = (): void => {
    pad.paint();
    reader.see(drawing.strokes);
    allow(byId("undo", HTMLButtonElement), drawing.canUndo);
    byId("pad-hint", HTMLElement).textContent = hint(drawing);
  };
  listenToKeys(byId("paper", HTMLElement), pad, drawing, (what) => answer.say(what));
  listenToButtons(root, drawing);
  offerNetworks(byId("reader", HTMLSelectElement), session);
  listenToSession(session, reader);
  drawing.show(firstExample());
}

function hint({ isExample, strokes }: Drawing): string {
  if (isExample) return "An example. Draw your own over it.";
  return strokes.length > 0 ? "" : "Draw a digit from 0 to 9.";
}

function listenToButtons(root: HTMLElement, drawing: Drawing): void {
  const actions = {
    undo: () => drawing.undo(),
    clear: () => drawing.clear(),
    sample: () => present(drawing, nextExample()),
  };
  for (const [id, action] of Object.entries(actions)) onPress(byId(id, HTMLButtonElement), action);
  root.addEventListener("keydown", (event) => {
    if (event.key !== "z" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    drawing.undo();
  });
}

function listenToSession(session: Session, reader: Reader): void {
  const read = oncePerFrame(() => reader.read());
  session.on("chosen", read);
  for (const event of ["learned", "view"] as const) {
    session.on(event, () => {
      if (session.view === "draw") read();
    });
  }
}
