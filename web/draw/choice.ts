// Which network reads: the pretrained one, or one of this visit.

import type { Entry, Session } from "../session.js";

const PRETRAINED = "The pretrained network (784-512-256-10)";

/** Keeps `select` and the session's choice the same. */
export function offerNetworks(select: HTMLSelectElement, session: Session): void {
  const update = (): void => {
    select.replaceChildren(new Option(PRETRAINED), ...session.networks.map(option));
    select.selectedIndex = session.chosen ? 1 + session.networks.indexOf(session.chosen) : 0;
  };
  select.addEventListener("change", () => session.choose(session.networks[select.selectedIndex - 1]));
  session.on("networks", update);
  session.on("chosen", update);
  update();
}

/** One that takes no digits, or gives no ten outputs, cannot be chosen here. */
function option({ name, network: { spec } }: Entry): HTMLOptionElement {
  const option = new Option(name);
  option.disabled = spec.inputs !== 28 * 28 || spec.layers.at(-1)?.units !== 10;
  return option;
}
