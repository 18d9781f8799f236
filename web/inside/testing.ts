// Evaluation on the test set on request: the confusion matrix and the mistakes with the highest loss.

import type { Dataset, Network } from "../../src/worker.js";
import { button, make, setEnabled, setText } from "../elements.js";
import { megabytes } from "../format.js";
import { loadMnist } from "../mnist.js";
import { Confusion } from "./confusion.js";
import { Mistakes } from "./mistakes.js";

/** Number of mistakes shown. */
const WORST = 24;

export interface TestingActions {
  /** The test images have been loaded. */
  loaded(test: Dataset): void;
  /** A mistake was selected: the index of its test image. */
  selected(index: number): void;
}

export class Testing {
  readonly root: HTMLElement;
  private readonly status = make("p", { role: "status", className: "inside-status" });
  private readonly start = button("Evaluate on the 10,000 test images", () => void this.run());
  private readonly confusion = new Confusion();
  private readonly mistakes: Mistakes;
  private readonly results: HTMLElement;
  private network: Network | undefined;

  constructor(private readonly actions: TestingActions) {
    this.mistakes = new Mistakes((index) => actions.selected(index));
    const worst = make(
      "div",
      {},
      make("h3", { textContent: "Mistakes with the highest loss: true digit → prediction" }),
      this.mistakes.root,
    );
    this.results = make("div", { className: "inside-results", hidden: true }, this.confusion.root, worst);
    const top = make("div", { className: "inside-ask" }, this.start, this.status);
    this.root = make(
      "section",
      { className: "card inside-testing" },
      make("h2", { textContent: "Test set" }),
      top,
      this.results,
    );
  }

  /** Sets the network to evaluate, and hides the results of another one. */
  setNetwork(network: Network): void {
    if (network === this.network) return;
    this.network = network;
    this.results.hidden = true;
    setText(this.status, "");
  }

  /** Notes that the results shown are of earlier weights. */
  weightsChanged(): void {
    if (!this.results.hidden) this.setStatus("The network has been trained further since this evaluation.");
  }

  private async run(): Promise<void> {
    const { network } = this;
    if (!network) return;
    setEnabled(this.start, false);
    this.status.classList.remove("error");
    try {
      const { test } = await loadMnist((loaded, total) => this.setStatus(downloadStatus(loaded, total)));
      this.actions.loaded(test);
      this.setStatus("Evaluating…");
      await this.evaluate(network, test);
    } catch (error) {
      // If another network has been selected since, the error is of no interest.
      if (network === this.network) this.showError((error as Error).message);
    } finally {
      setEnabled(this.start, true);
    }
  }

  private async evaluate(network: Network, test: Dataset): Promise<void> {
    const { confusion = [], accuracy, count, worst = [] } = await network.evaluate(test, { worst: WORST });
    // Another network may have been selected in the meantime.
    if (network !== this.network) return;
    this.confusion.show(confusion, accuracy, count);
    this.mistakes.show(test, worst);
    this.results.hidden = false;
    this.setStatus("");
  }

  private showError(message: string): void {
    this.status.classList.add("error");
    this.setStatus(message);
  }

  private setStatus(text: string): void {
    setText(this.status, text);
  }
}

function downloadStatus(loaded: number, total: number | undefined): string {
  return `Downloading MNIST: ${megabytes(loaded)}${total === undefined ? "" : ` of ${megabytes(total)}`}`;
}
