// State shared by the views: the networks of this visit, the selected one, the last drawn digit, and the view on screen.

import { loadDigits } from "../src/digits.js";
import type { Network } from "../src/index.js";
import type { Network as WorkerNetwork } from "../src/worker.js";
import { unanswered } from "./fetch.js";

/** A network of this visit: trained, in training, or loaded from a file. */
export interface NetworkEntry {
  /** Visible name, such as "784-128-10, run 2". */
  name: string;
  network: WorkerNetwork;
}

/** A failed import is a TypeError, whose message names an address; other errors say what they are. */
function reasonOf(cause: Error): string {
  return cause instanceof TypeError ? unanswered() : cause.message;
}

export const VIEWS = ["draw", "train", "inside"] as const;
export type View = (typeof VIEWS)[number];

/**
 * `digit`: another digit was drawn, or the drawing was cleared. `networks`: the list of networks or a name changed.
 * `selected`: another network was selected. `weights`: the weights of the selected network changed. `view`: another view is
 * shown. `picture`, `model`: such a file was dropped.
 */
export type SessionEvent = "digit" | "networks" | "selected" | "weights" | "view" | Dropped;

/** What a dropped file is opened as. */
export type Dropped = "picture" | "model";

export class Session {
  private readonly events = new EventTarget();
  private loading: Promise<Network> | undefined;
  private entries: readonly NetworkEntry[] = [];
  private selectedEntry: NetworkEntry | undefined;
  private drawnDigit: Uint8Array | undefined;
  private shownView: View = "draw";
  private readonly dropped = new Map<Dropped, File>();

  /** Calls `listener` after every such event. */
  on(event: SessionEvent, listener: () => void): void {
    this.events.addEventListener(event, listener);
  }

  private emit(event: SessionEvent): void {
    this.events.dispatchEvent(new Event(event));
  }

  /** The pretrained network of `wasmlp/digits`, on the main thread. Loaded once; after an error the next access tries again. */
  get pretrained(): Promise<Network> {
    this.loading ??= loadDigits().catch((cause: Error) => {
      this.loading = undefined;
      throw new Error(`The pretrained network could not be loaded: ${reasonOf(cause)}`, { cause });
    });
    return this.loading;
  }

  /** The networks of this visit, oldest first. */
  get networks(): readonly NetworkEntry[] {
    return this.entries;
  }

  add(entry: NetworkEntry): void {
    this.entries = [...this.entries, entry];
    this.emit("networks");
  }

  /** Removes a network. If it was selected, the pretrained network becomes the selected one. */
  remove(entry: NetworkEntry): void {
    this.entries = this.entries.filter((other) => other !== entry);
    this.emit("networks");
    if (this.selectedEntry === entry) this.select(undefined);
  }

  /** The network that Draw and Look inside use; undefined for the pretrained one. */
  get selected(): NetworkEntry | undefined {
    return this.selectedEntry;
  }

  select(entry: NetworkEntry | undefined): void {
    if (this.selectedEntry === entry) return;
    this.selectedEntry = entry;
    this.emit("selected");
  }

  /** Called during training whenever new weights should be shown. */
  weightsChanged(entry: NetworkEntry): void {
    if (this.selectedEntry === entry) this.emit("weights");
  }

  /** The last drawn digit as the network receives it, `[28][28]` bytes; undefined if nothing is drawn. */
  get digit(): Uint8Array | undefined {
    return this.drawnDigit;
  }

  set digit(digit: Uint8Array | undefined) {
    this.drawnDigit = digit;
    this.emit("digit");
  }

  /** Hands a dropped file to the view that opens such files; it may still have to be loaded. */
  drop(kind: Dropped, file: File): void {
    this.dropped.set(kind, file);
    this.emit(kind);
  }

  /** Calls `open` with a file that has been dropped already, and with every later one. */
  onDrop(kind: Dropped, open: (file: File) => void): void {
    const take = (): void => {
      const file = this.dropped.get(kind);
      this.dropped.delete(kind);
      if (file) open(file);
    };
    this.on(kind, take);
    take();
  }

  /** The view on screen. Hidden views need not update. */
  get view(): View {
    return this.shownView;
  }

  set view(view: View) {
    if (this.shownView === view) return;
    this.shownView = view;
    this.emit("view");
  }
}
