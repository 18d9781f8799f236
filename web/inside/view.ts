// The view "Look inside": a network as a picture, the weights of a neuron, the chain rule for one of them, and its mistakes.

import { Network } from "../../src/worker.js";
import { field, make, setText } from "../elements.js";
import { fetchBytes } from "../fetch.js";
import type { Session } from "../session.js";
import { Chain } from "./chain.js";
import { MOST_DRAWN } from "./layout.js";
import { Look } from "./look.js";
import { Picture } from "./picture.js";
import { SamplePicker } from "./samples.js";
import { Testing } from "./testing.js";
import { WeightImage } from "./weights.js";

/** A training network changes twenty times a second, which nobody can follow. */
const LEAST_MILLISECONDS = 200;
/** The value of the choice for the network that comes with the page. */
const READY = "ready";

export function mount(root: HTMLElement, session: Session): void {
  const view = new InsideView(session);
  root.replaceChildren(view.root);
  void view.start();
}

class InsideView {
  readonly root: HTMLElement;
  private readonly look = new Look(() => this.show());
  private readonly networks = make("select");
  private readonly samples: SamplePicker;
  private readonly picture: Picture;
  private readonly weights: WeightImage;
  private readonly chain: Chain;
  private readonly testing: Testing;
  private readonly message = make("p", { className: "error inside-message", role: "alert" });
  /** What could not be fetched, in a sentence. */
  private missing = "";
  private ready: Promise<Network> | undefined;
  private waiting: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly session: Session) {
    const { look } = this;
    this.samples = new SamplePicker(session, (sample) => look.setSample(sample));
    this.picture = new Picture({
      neuron: (layer, unit) => look.setNeuron(layer, unit),
      weight: (layer, unit, input) => look.setPosition({ layer, unit, input }),
    });
    this.weights = new WeightImage({
      input: (input) => this.pickInput(input),
      neuron: (layer, unit) => look.setNeuron(layer, unit),
    });
    this.chain = new Chain({
      position: (position) => look.setPosition(position),
      rate: (rate) => look.setRate(rate),
      wanted: (digit) => look.setWanted(digit),
    });
    this.testing = new Testing({
      loaded: (test) => this.samples.setTest(test),
      picked: (index) => this.pickTest(index),
    });
    this.root = this.layOut();
    this.networks.addEventListener("change", () => this.choose());
    session.on("networks", () => this.listNetworks());
    session.on("chosen", () => {
      this.listNetworks();
      void this.follow();
    });
    session.on("learned", () => {
      this.testing.learned();
      this.followSoon();
    });
    session.on("view", () => {
      this.followSoon();
      // The network may be back.
      if (this.missing !== "" && session.view === "inside") void this.start();
    });
  }

  private layOut(): HTMLElement {
    const top = make(
      "section",
      { className: "card inside-top", ariaLabel: "What is looked at" },
      field("Network", this.networks),
      this.samples.root,
    );
    const key = make(
      "p",
      { className: "quiet inside-key" },
      ...[make("span", { className: "inside-line" }), "weight above 0"],
      ...[make("span", { className: "inside-line is-negative" }), "below 0; the wider, the larger."],
      " Neurons light up as they are active. Click a neuron or a line, or move by arrow keys.",
      ` Of a layer of more than ${MOST_DRAWN} units the most active are drawn.`,
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

  async start(): Promise<void> {
    this.missing = "";
    this.listNetworks();
    await Promise.all([this.follow(), this.trying(() => this.samples.start())]);
  }

  private async trying(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.missing = `This view is not complete: ${(error as Error).message}`;
      setText(this.message, this.missing);
    }
  }

  // --- which network ---

  private listNetworks(): void {
    const { chosen, networks } = this.session;
    const option = (value: string, name: string): HTMLOptionElement => make("option", { value, textContent: name });
    this.networks.replaceChildren(
      option(READY, "784-16-16-10, pretrained"),
      ...networks.map(({ name }, i) => option(String(i), name)),
    );
    this.networks.value = chosen ? String(networks.indexOf(chosen)) : READY;
  }

  private choose(): void {
    this.session.choose(this.session.networks[Number(this.networks.value)]);
  }

  /** Looks at the chosen network as it is now, or where that is the pretrained one, which is too large to draw, at the ready one. */
  private follow(): Promise<void> {
    return this.trying(async () => {
      const { chosen } = this.session;
      const network = chosen?.network ?? (await this.readyNetwork());
      if (this.session.chosen !== chosen) return;
      this.look.setNetwork(network);
      this.testing.setNetwork(network);
    });
  }

  private readyNetwork(): Promise<Network> {
    this.ready ??= fetchNetwork().catch((error: Error) => {
      this.ready = undefined;
      throw error;
    });
    return this.ready;
  }

  private followSoon(): void {
    if (this.session.view !== "inside") return;
    this.waiting ??= setTimeout(() => {
      this.waiting = undefined;
      void this.follow();
    }, LEAST_MILLISECONDS);
  }

  // --- what is picked ---

  private pickInput(input: number): void {
    const position = this.look.facts?.position;
    if (position) this.look.setPosition({ ...position, input });
  }

  private pickTest(index: number): void {
    this.samples.pickTest(index);
    this.picture.root.scrollIntoView({ block: "center" });
  }

  private show(): void {
    const { facts, message } = this.look;
    this.root.classList.toggle("is-empty", facts === undefined);
    setText(this.message, facts ? this.missing : message || this.missing);
    if (!facts) return;
    this.picture.show(facts);
    this.weights.show(facts);
    this.chain.show(facts, message);
  }
}

/** The teaching network, which is small enough for every weight between its neurons to be drawn. */
async function fetchNetwork(): Promise<Network> {
  const title = "the ready network";
  return Network.fromBytes(await fetchBytes("./digits-tiny.safetensors", title), { title });
}
