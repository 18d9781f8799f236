// Files dropped onto the page.

/** Whether files are being dragged, rather than text from a field. */
export function hasFiles({ dataTransfer }: DragEvent): boolean {
  return dataTransfer?.types.includes("Files") === true;
}

/** A browser opens a file dropped outside a drop target in place of the page, and all trained networks are lost. */
export function preventFileNavigation(): void {
  for (const name of ["dragover", "drop"] as const) {
    window.addEventListener(name, (event) => {
      if (hasFiles(event)) event.preventDefault();
    });
  }
}
