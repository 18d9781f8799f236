// The view "Look inside": the network as a picture, the weights of one neuron, the chain rule for one weight, and the test set.

import { Network } from "../../src/worker.js";
import { field, make, setText } from "../elements.js";
import { fetchBytes } from "../fetch.js";
import type { Session } from "../session.js";
import { Chain } from "./chain.js";
import { Inspector } from "./inspector.js";
import { MAX_NEURONS } from "./layout.js";
import { Picture } from "./picture.js";
import { SamplePicker } from "./samples.js";
import { Testing } from "./testing.js";
import { WeightImage } from "./weights.js";

/** Minimum time between updates during training, whose twenty reports a second are too fast to follow. */
const UPDATE_MILLISECONDS = 200;
/** Option value of the pretrained network. */
const PRETRAINED = "pretrained";

export function mount(root: HTMLElement, session: Session): void {
  const view = new InsideView(session);
  root.replaceChildren(view.root);
  void view.start();
}

class InsideView {
  readonly root: HTMLElement;
  private readonly inspector = new Inspector(() => this.show());
  private readonly networks = make("select");
  private readonly samples: SamplePicker;
  private readonly picture: Picture;
  private readonly weights: WeightImage;
  private readonly chain: Chain;
  private readonly testing: Testing;
  private readonly message = make("p", { className: "error inside-message", role: "alert" });
  /** Error of the last file that could not be loaded, as a sentence; empty if there was none. */
  private loadError = "";
  private pretrained: Promise<Network> | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly session: Session) {
    const { inspector } = this;
    this.samples = new SamplePicker(session, (sample) => inspector.setSample(sample));
    this.picture = new Picture({
      neuron: (layer, unit) => inspector.setNeuron(layer, unit),
      weight: (layer, unit, input) => inspector.setPosition({ layer, unit, input }),
    });
    this.weights = new WeightImage({
      input: (input) => this.selectInput(input),
      neuron: (layer, unit) => inspector.setNeuron(layer, unit),
    });
    this.chain = new Chain({
      position: (position) => inspector.setPosition(position),
      learningRate: (learningRate) => inspector.setLearningRate(learningRate),
      targetDigit: (digit) => inspector.setTargetDigit(digit),
    });
    this.testing = new Testing({
      loaded: (test) => this.samples.setTest(test),
      selected: (index) => this.selectTest(index),
    });
    this.root = this.layOut();
    this.networks.addEventListener("change", () => this.selectNetwork());
    session.on("networks", () => this.listNetworks());
    session.on("selected", () => {
      this.listNetworks();
      void this.inspectSelected();
    });
    session.on("weights", () => {
      this.testing.weightsChanged();
      this.inspectSoon();
    });
    // The connection has returned.
    window.addEventListener("online", () => this.loadError !== "" && void this.start());
    session.on("view", () => {
      this.inspectSoon();
      // Retry what could not be loaded: the connection may have returned.
      if (this.loadError !== "" && session.view === "inside") void this.start();
    });
  }

  private layOut(): HTMLElement {
    const top = make(
      "section",
      { className: "card inside-top", ariaLabel: "Network and input" },
      field("Network", this.networks),
      this.samples.root,
    );
    const key = make(
      "p",
      { className: "quiet inside-key" },
      ...[make("span", { className: "inside-line" }), "positive weight"],
      ...[make("span", { className: "inside-line is-negative" }), "negative weight; wider lines are larger weights."],
      " The colour of a neuron shows its activation. Click a neuron or a line, or use the arrow keys.",
      ` Of a layer with more than ${MAX_NEURONS} neurons the ${MAX_NEURONS} most active are drawn.`,
    );
    const picture = make(
      "section",
      { className: "card inside-picture-card", ariaLabel: "The network" },
      this.picture.root,
      key,
    );
    return make(
      "div",
      { className: "inside is-empty" },
      this.message,
      top,
      picture,
      this.weights.root,
      this.chain.root,
      this.testing.root,
    );
  }

  /** Loads the network and the sample images; called again after an error. */
  async start(): Promise<void> {
    this.loadError = "";
    this.listNetworks();
    await Promise.all([this.inspectSelected(), this.catchError(() => this.samples.start())]);
  }

  /** Runs `work` and shows its error as a message. */
  private async catchError(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.loadError = `Part of this view could not be loaded: ${(error as Error).message}`;
      setText(this.message, this.loadError);
    }
  }

  // --- the network ---

  private listNetworks(): void {
    const { selected, networks } = this.session;
    const option = (value: string, name: string): HTMLOptionElement => make("option", { value, textContent: name });
    this.networks.replaceChildren(
      option(PRETRAINED, "784-16-16-10, pretrained"),
      ...networks.map(({ name }, i) => option(String(i), name)),
    );
    this.networks.value = selected ? String(networks.indexOf(selected)) : PRETRAINED;
  }

  private selectNetwork(): void {
    this.session.select(this.session.networks[Number(this.networks.value)]);
  }

  /**
   * Inspects the selected network with its current weights. If none of this visit is selected, it is a small pretrained network:
   * the one that Draw uses is too large to be drawn.
   */
  private inspectSelected(): Promise<void> {
    return this.catchError(async () => {
      const { selected } = this.session;
      const network = selected?.network ?? (await this.pretrainedNetwork());
      if (this.session.selected !== selected) return;
      this.inspector.setNetwork(network);
      this.testing.setNetwork(network);
    });
  }

  private pretrainedNetwork(): Promise<Network> {
    this.pretrained ??= fetchNetwork().catch((error: Error) => {
      this.pretrained = undefined;
      throw error;
    });
    return this.pretrained;
  }

  private inspectSoon(): void {
    if (this.session.view !== "inside") return;
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      void this.inspectSelected();
    }, UPDATE_MILLISECONDS);
  }

  // --- the selection ---

  private selectInput(input: number): void {
    const position = this.inspector.snapshot?.position;
    if (position) this.inspector.setPosition({ ...position, input });
  }

  private selectTest(index: number): void {
    this.samples.selectTest(index);
    this.picture.root.scrollIntoView({ block: "center" });
  }

  private show(): void {
    const { snapshot, message } = this.inspector;
    this.root.classList.toggle("is-empty", snapshot === undefined);
    setText(this.message, snapshot ? this.loadError : message || this.loadError);
    if (!snapshot) return;
    this.picture.show(snapshot);
    this.weights.show(snapshot);
    this.chain.show(snapshot, message);
  }
}

/** A small network, 784-16-16-10, of which every weight between neurons can be drawn. */
async function fetchNetwork(): Promise<Network> {
  const title = "the pretrained network";
  return Network.fromBytes(await fetchBytes("./digits-tiny.safetensors", title), { title });
}
