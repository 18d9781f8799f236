// Files that are dropped onto the page.

/** Whether files are dragged, and not such as a word into a field. */
export function isOfFiles({ dataTransfer }: DragEvent): boolean {
  return dataTransfer?.types.includes("Files") === true;
}

/** Keeps the page: a file would be shown in its place, and all that has been trained would be gone with it. */
export function keepPage(): void {
  for (const name of ["dragover", "drop"] as const) {
    window.addEventListener(name, (event) => {
      if (isOfFiles(event)) event.preventDefault();
    });
  }
}
