// How the network does on the test set, when one asks for it: the confusion matrix and its worst mistakes.

import type { Dataset, Network } from "../../src/worker.js";
import { allow, button, make, setText } from "../elements.js";
import { megabytes } from "../format.js";
import { loadMnist } from "../mnist.js";
import { Confusion } from "./confusion.js";
import { Mistakes } from "./mistakes.js";

const WORST = 24;

export interface TestingActions {
  /** The test images are there. */
  loaded(test: Dataset): void;
  /** One of them is to be looked at. */
  picked(index: number): void;
}

export class Testing {
  readonly root: HTMLElement;
  private readonly status = make("p", { role: "status", className: "inside-status" });
  private readonly ask = button("Read the 10,000 test images", () => void this.run());
  private readonly confusion = new Confusion();
  private readonly mistakes: Mistakes;
  private readonly results: HTMLElement;
  private network: Network | undefined;

  constructor(private readonly actions: TestingActions) {
    this.mistakes = new Mistakes((index) => actions.picked(index));
    const worst = make(
      "div",
      {},
      make("h3", { textContent: "Its worst mistakes: what it is → what it was read as" }),
      this.mistakes.root,
    );
    this.results = make("div", { className: "inside-results", hidden: true }, this.confusion.root, worst);
    const top = make("div", { className: "inside-ask" }, this.ask, this.status);
    this.root = make(
      "section",
      { className: "card inside-testing" },
      make("h2", { textContent: "On the test set" }),
      top,
      this.results,
    );
  }

  /** Another network has other mistakes; those of the last one go. */
  setNetwork(network: Network): void {
    if (network === this.network) return;
    this.network = network;
    this.results.hidden = true;
    setText(this.status, "");
  }

  /** What is shown is of before. */
  learned(): void {
    if (!this.results.hidden) this.say("The network has learned since.");
  }

  private async run(): Promise<void> {
    const { network } = this;
    if (!network) return;
    allow(this.ask, false);
    this.status.classList.remove("error");
    try {
      const { test } = await loadMnist((loaded, total) => this.say(fetching(loaded, total)));
      this.actions.loaded(test);
      this.say("Reading them…");
      await this.evaluate(network, test);
    } catch (error) {
      // What another network than the one at hand could not do is of no interest any more.
      if (network === this.network) this.refuse((error as Error).message);
    } finally {
      allow(this.ask, true);
    }
  }

  private async evaluate(network: Network, test: Dataset): Promise<void> {
    const { confusion = [], accuracy, count, worst = [] } = await network.evaluate(test, { worst: WORST });
    // Another network may have been picked meanwhile.
    if (network !== this.network) return;
    this.confusion.show(confusion, accuracy, count);
    this.mistakes.show(test, worst);
    this.results.hidden = false;
    this.say("");
  }

  private refuse(message: string): void {
    this.status.classList.add("error");
    this.say(message);
  }

  private say(text: string): void {
    setText(this.status, text);
  }
}

function fetching(loaded: number, total: number | undefined): string {
  return `Fetching the images: ${megabytes(loaded)}${total === undefined ? "" : ` of ${megabytes(total)}`}`;
}
