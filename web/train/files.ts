// Model files: out by a download, in by a choice or a drop.

import { isOfFiles } from "../drops.js";
import { make } from "../elements.js";
import type { Run } from "./run.js";

/** Hands the run's network to the browser as a `.safetensors` file. */
export async function save(run: Run): Promise<void> {
  const url = URL.createObjectURL(new Blob([await run.network.toBytes()], { type: "application/octet-stream" }));
  const name = `${run.name.replace(/\.safetensors$/, "").replaceAll(/[^\w.-]+/g, "-")}.safetensors`;
  make("a", { href: url, download: name }).click();
  // The browser has taken the bytes by then, and would keep them with the address otherwise.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/** A button that asks for a file; it opens on Enter and Space as it is a file field in truth. */
export function opener(open: (file: File) => void): HTMLElement {
  const input = make("input", { type: "file", className: "unseen", accept: ".safetensors" });
  input.addEventListener("change", () => {
    const file = input.files?.[0];
    // The same file can be chosen again.
    input.value = "";
    if (file) open(file);
  });
  return make("label", { className: "button train-open" }, input, "Load a model file");
}

/** Takes files that are dropped onto `root`. */
export function takeDrops(root: HTMLElement, open: (file: File) => void): void {
  const mark = (isOver: boolean): void => {
    root.classList.toggle("train-drop", isOver);
  };
  root.addEventListener("dragover", (event) => {
    if (isOfFiles(event)) mark(true);
  });
  root.addEventListener("dragleave", () => mark(false));
  root.addEventListener("drop", (event) => {
    mark(false);
    const file = event.dataTransfer?.files[0];
    if (file) open(file);
  });
}
