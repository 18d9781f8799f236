// The view "Look inside".

import type { Session } from "../session.js";

export function mount(root: HTMLElement, _session: Session): void {
  root.textContent = "Look inside";
}
