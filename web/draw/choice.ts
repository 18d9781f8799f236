// The list of networks to select from: the pretrained one and those of this visit.

import { DIGIT_CLASSES, DIGIT_PIXELS } from "../../src/image/digit.js";
import type { NetworkEntry, Session } from "../session.js";

const PRETRAINED = "Pretrained, 784-512-256-10";

/** Keeps `select` and the session's selected network in step, in both directions. */
export function offerNetworks(select: HTMLSelectElement, session: Session): void {
  const update = (): void => {
    select.replaceChildren(new Option(PRETRAINED), ...session.networks.map(option));
    select.selectedIndex = session.selected ? 1 + session.networks.indexOf(session.selected) : 0;
  };
  select.addEventListener("change", () => session.select(session.networks[select.selectedIndex - 1]));
  session.on("networks", update);
  session.on("selected", update);
  update();
}

/** Networks that do not map 784 inputs to ten outputs are listed but cannot be selected. */
function option({ name, network: { spec } }: NetworkEntry): HTMLOptionElement {
  const option = new Option(name);
  option.disabled = spec.inputs !== DIGIT_PIXELS || spec.layers.at(-1)?.units !== DIGIT_CLASSES;
  return option;
}
