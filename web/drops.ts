// Files dropped onto the page, wherever they are dropped: a picture is opened by Draw, any other file as a model by Train.

import { kindOf } from "../src/format/signature.js";
import type { Session } from "./session.js";

/** Whether files are being dragged, rather than text from a field. */
function hasFiles({ dataTransfer }: DragEvent): boolean {
  return dataTransfer?.types.includes("Files") === true;
}

/**
 * Passes dropped files on to the views, and marks `target` while a file is over the page. Without this a browser opens the file in
 * place of the page, and all trained networks are lost.
 */
export function acceptDrops(target: HTMLElement, session: Session): void {
  const mark = (isOver: boolean): void => {
    target.classList.toggle("drop", isOver);
  };
  window.addEventListener("dragover", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    mark(true);
  });
  // The pointer leaves the page where it enters nothing else.
  window.addEventListener("dragleave", ({ relatedTarget }) => relatedTarget === null && mark(false));
  window.addEventListener("drop", (event) => {
    mark(false);
    if (!hasFiles(event)) return;
    event.preventDefault();
    const file = event.dataTransfer?.files[0];
    if (file) void pass(file, session);
  });
}

/** Shows the view for a file and gives it the file. */
async function pass(file: File, session: Session): Promise<void> {
  const isPicture = (await pictureKind(file)) !== undefined;
  session.drop(isPicture ? "picture" : "model", file);
  location.hash = isPicture ? "draw" : "train";
}

/** What kind of picture a file is, such as "JPEG picture"; undefined if it is none. */
export async function pictureKind(file: File): Promise<string | undefined> {
  // A file that cannot be read, such as a folder, is refused by the view.
  const start = await file
    .slice(0, 16)
    .arrayBuffer()
    .catch(() => new ArrayBuffer(0));
  const kind = kindOf(new Uint8Array(start));
  return kind?.endsWith("picture") ? kind : undefined;
}
