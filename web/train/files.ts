// Model files: saved as downloads, loaded by a file dialog.

import { make } from "../elements.js";
import type { Run } from "./run.js";

/** Saves the run's network as a `.safetensors` file, by a download. */
export async function save(run: Run): Promise<void> {
  const url = URL.createObjectURL(new Blob([await run.network.toBytes()], { type: "application/octet-stream" }));
  const name = `${run.name.replace(/\.safetensors$/, "").replaceAll(/[^\w.-]+/g, "-")}.safetensors`;
  make("a", { href: url, download: name }).click();
  // By then the browser has copied the bytes; without this they stay in memory as long as the page.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/** A label styled as a button around a file input, which the keyboard opens with Enter or Space. */
export function fileButton(open: (file: File) => void): HTMLElement {
  const input = make("input", { type: "file", className: "unseen", accept: ".safetensors" });
  input.addEventListener("change", () => {
    const file = input.files?.[0];
    // Otherwise selecting the same file again fires no event.
    input.value = "";
    if (file) open(file);
  });
  return make("label", { className: "button train-open" }, input, "Load a model file");
}
