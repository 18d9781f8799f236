// What the views share: the networks of this visit, which of them is looked at, and the digit drawn last.

import { loadDigits } from "../src/digits.js";
import type { Network } from "../src/index.js";
import type { Network as TrainedNetwork } from "../src/worker.js";

/** A network made in this visit: trained, in training, or loaded from a file. */
export interface Entry {
  /** What people read, such as "784-128-10, run 2". */
  name: string;
  network: TrainedNetwork;
}

export const VIEWS = ["draw", "train", "inside"] as const;
export type View = (typeof VIEWS)[number];

/**
 * `digit`: another digit, or none. `networks`: one came, went or got another name. `chosen`: another is looked at. `learned`:
 * the chosen one's weights changed. `view`: another view is shown.
 */
export type SessionEvent = "digit" | "networks" | "chosen" | "learned" | "view";

export class Session {
  readonly #events = new EventTarget();
  #pretrained: Promise<Network> | undefined;
  #entries: readonly Entry[] = [];
  #chosen: Entry | undefined;
  #digit: Uint8Array | undefined;
  #view: View = "draw";

  /** Calls `listener` after every such event. */
  on(event: SessionEvent, listener: () => void): void {
    this.#events.addEventListener(event, listener);
  }

  #tell(event: SessionEvent): void {
    this.#events.dispatchEvent(new Event(event));
  }

  /** The pretrained network of `wasmlp/digits`, on this thread; loaded once, or again after an error. */
  get pretrained(): Promise<Network> {
    this.#pretrained ??= loadDigits().catch((cause: Error) => {
      this.#pretrained = undefined;
      throw new Error(`The pretrained network could not be loaded: ${cause.message}`, { cause });
    });
    return this.#pretrained;
  }

  /** The networks of this visit, the oldest first. */
  get networks(): readonly Entry[] {
    return this.#entries;
  }

  add(entry: Entry): void {
    this.#entries = [...this.#entries, entry];
    this.#tell("networks");
  }

  /** Where the removed one was chosen, the pretrained network is from then on. */
  remove(entry: Entry): void {
    this.#entries = this.#entries.filter((other) => other !== entry);
    this.#tell("networks");
    if (this.#chosen === entry) this.choose(undefined);
  }

  /** The network that drawings are read by and that is looked into; undefined for the pretrained one. */
  get chosen(): Entry | undefined {
    return this.#chosen;
  }

  choose(entry: Entry | undefined): void {
    if (this.#chosen === entry) return;
    this.#chosen = entry;
    this.#tell("chosen");
  }

  /** To be called while a network trains, as often as its weights are worth a look. */
  learned(entry: Entry): void {
    if (this.#chosen === entry) this.#tell("learned");
  }

  /** The digit drawn last, `[28][28]` bytes as the network sees it; undefined if nothing is drawn. */
  get digit(): Uint8Array | undefined {
    return this.#digit;
  }

  set digit(digit: Uint8Array | undefined) {
    this.#digit = digit;
    this.#tell("digit");
  }

  /** The view that is shown; a hidden one need not keep its picture up to date. */
  get view(): View {
    return this.#view;
  }

  set view(view: View) {
    if (this.#view === view) return;
    this.#view = view;
    this.#tell("view");
  }
}
