// Which digit is looked at: the drawing, one of ten test images that come with the page, or any of the test set once it is there.

import type { Dataset } from "../../src/worker.js";
import { allow, button, field, make } from "../elements.js";
import { fetchBytes } from "../fetch.js";
import type { Session } from "../session.js";
import { onThemeChange } from "../theme.js";
import { paintDigit } from "./colours.js";
import type { Sample } from "./look.js";

const [PIXELS, DIGITS] = [28 * 28, 10];

export class SamplePicker {
  readonly root: HTMLElement;
  private readonly drawing = button("The drawing", () => this.pickDrawing());
  private readonly go = button("Draw one", () => {
    location.hash = "draw";
  });
  private readonly ready = make("div", { className: "inside-ready", role: "group", ariaLabel: "Test images" });
  private readonly number = make("input", { type: "number", min: "0", step: "1", inputMode: "numeric" });
  private readonly numberField = field("Test image", this.number);
  private readonly thumbs: { pixels: Uint8Array; button: HTMLButtonElement; canvas: HTMLCanvasElement }[] = [];
  private test: Dataset | undefined;
  private current: Sample | undefined;
  /** Whether another digit has been drawn than the one that is shown. */
  private isStale = false;

  /** `onPick` is called with whatever is picked. */
  constructor(
    private readonly session: Session,
    private readonly onPick: (sample: Sample) => void,
  ) {
    this.numberField.hidden = true;
    this.number.addEventListener("change", () => this.pickTest(this.number.valueAsNumber));
    const buttons = make("div", { className: "inside-sources" }, this.drawing, this.go, this.numberField);
    this.root = make("div", { className: "inside-samples" }, this.ready, buttons);
    session.on("digit", () => this.digitChanged());
    session.on("view", () => this.isStale && this.digitChanged());
    onThemeChange(() => this.paint());
    this.mark();
  }

  /** Fetches the ten images, and picks the drawing or, if nothing is drawn, one of them. */
  async start(): Promise<void> {
    try {
      if (this.thumbs.length === 0) await this.fetchReady();
    } finally {
      if (this.session.digit) this.pickDrawing();
      else this.pickReady(FIRST);
    }
  }

  private async fetchReady(): Promise<void> {
    const bytes = await fetchBytes("./samples.bin", "the sample images");
    for (let digit = 0; digit < DIGITS; digit++)
      this.addThumb(digit, bytes.slice(digit * PIXELS, (digit + 1) * PIXELS));
    this.paint();
  }

  /** From now on any of the test images can be picked. */
  setTest(test: Dataset): void {
    this.test = test;
    this.number.max = String(test.count - 1);
    this.number.value = "0";
    this.numberField.hidden = false;
  }

  pickTest(index: number): void {
    const { test } = this;
    if (!test) return;
    const at = Number.isInteger(index) ? Math.max(0, Math.min(test.count - 1, index)) : 0;
    this.number.value = String(at);
    this.pick({ pixels: test.sample(at) as Uint8Array, label: test.labels?.[at] ?? 0, name: `test image ${at}` });
  }

  private pickDrawing(): void {
    const { digit } = this.session;
    if (digit) this.pick({ pixels: digit, name: "the drawing" });
  }

  private pickReady(digit: number): void {
    const pixels = this.thumbs[digit]?.pixels;
    if (pixels) this.pick({ pixels, label: digit, name: `a test image of ${digit}` });
  }

  private pick(sample: Sample): void {
    this.current = sample;
    this.mark();
    this.onPick(sample);
  }

  /** What is drawn is looked at; where it is wiped away, another digit is. */
  private digitChanged(): void {
    // While one draws, which is out of sight, a digit of every frame would be worked out here.
    this.isStale = this.session.view !== "inside";
    if (this.isStale) return;
    if (this.session.digit) this.pickDrawing();
    else if (this.current?.label === undefined) this.pickReady(FIRST);
    this.mark();
  }

  private addThumb(digit: number, pixels: Uint8Array): void {
    const canvas = make("canvas", { className: "inside-thumb" });
    const made = make(
      "button",
      { type: "button", className: "inside-sample", ariaLabel: `Test image of ${digit}` },
      canvas,
    );
    made.addEventListener("click", () => this.pickReady(digit));
    this.thumbs.push({ pixels, button: made, canvas });
    this.ready.append(made);
  }

  private mark(): void {
    const { digit } = this.session;
    allow(this.drawing, digit !== undefined);
    this.drawing.ariaPressed = String(this.current !== undefined && this.current.label === undefined);
    for (const { button: thumb, pixels } of this.thumbs) thumb.ariaPressed = String(this.current?.pixels === pixels);
  }

  private paint(): void {
    for (const { canvas, pixels } of this.thumbs) paintDigit(canvas, pixels);
  }
}

/** The digit that is shown before any has been picked. */
const FIRST = 7;
