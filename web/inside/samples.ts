// Selection of the input digit: the drawing, one of ten test images served with the page, or any test image after MNIST is loaded.

import { DIGIT_CLASSES, DIGIT_PIXELS } from "../../src/image/digit.js";
import type { Dataset } from "../../src/worker.js";
import { button, field, make, setEnabled } from "../elements.js";
import { fetchBytes } from "../fetch.js";
import type { Session } from "../session.js";
import { onThemeChange } from "../theme.js";
import { paintDigit } from "./colours.js";
import type { Sample } from "./inspector.js";

export class SamplePicker {
  readonly root: HTMLElement;
  private readonly drawing = button("Your drawing", () => this.selectDrawing());
  private readonly goToDraw = button("Draw a digit", () => {
    location.hash = "draw";
  });
  private readonly thumbList = make("div", { className: "inside-ready", role: "group", ariaLabel: "Test images" });
  private readonly number = make("input", { type: "number", min: "0", step: "1", inputMode: "numeric" });
  private readonly numberField = field("Test image", this.number);
  private readonly thumbs: { pixels: Uint8Array; button: HTMLButtonElement; canvas: HTMLCanvasElement }[] = [];
  private test: Dataset | undefined;
  private current: Sample | undefined;
  /** Whether the drawing has changed while another view was shown. */
  private isStale = false;

  /** `onSelect` is called with every selected digit. */
  constructor(
    private readonly session: Session,
    private readonly onSelect: (sample: Sample) => void,
  ) {
    this.numberField.hidden = true;
    this.number.addEventListener("change", () => this.selectTest(this.number.valueAsNumber));
    const buttons = make("div", { className: "inside-sources" }, this.drawing, this.goToDraw, this.numberField);
    this.root = make("div", { className: "inside-samples" }, this.thumbList, buttons);
    session.on("digit", () => this.digitChanged());
    session.on("view", () => this.isStale && this.digitChanged());
    onThemeChange(() => this.paint());
    this.mark();
  }

  /** Fetches the ten images, then selects the drawing or, if nothing is drawn, one of the images. */
  async start(): Promise<void> {
    try {
      if (this.thumbs.length === 0) await this.fetchThumbs();
    } finally {
      if (this.session.digit) this.selectDrawing();
      else this.selectThumb(FIRST);
    }
  }

  private async fetchThumbs(): Promise<void> {
    const bytes = await fetchBytes("./samples.bin", "the sample images");
    for (let digit = 0; digit < DIGIT_CLASSES; digit++)
      this.addThumb(digit, bytes.slice(digit * DIGIT_PIXELS, (digit + 1) * DIGIT_PIXELS));
    this.paint();
  }

  /** Offers all test images. */
  setTest(test: Dataset): void {
    this.test = test;
    this.number.max = String(test.count - 1);
    this.number.value = "0";
    this.numberField.hidden = false;
  }

  /** Selects a test image; an index out of range selects the nearest one. */
  selectTest(index: number): void {
    const { test } = this;
    if (!test) return;
    const at = Number.isInteger(index) ? Math.max(0, Math.min(test.count - 1, index)) : 0;
    this.number.value = String(at);
    this.select({ pixels: test.sample(at) as Uint8Array, label: test.labels?.[at] ?? 0, name: `test image ${at}` });
  }

  private selectDrawing(): void {
    const { digit } = this.session;
    if (digit) this.select({ pixels: digit, name: "the drawing" });
  }

  private selectThumb(digit: number): void {
    const pixels = this.thumbs[digit]?.pixels;
    if (pixels) this.select({ pixels, label: digit, name: `a test image of ${digit}` });
  }

  private select(sample: Sample): void {
    this.current = sample;
    this.mark();
    this.onSelect(sample);
  }

  /** Selects the new drawing; if the drawing was selected and has been cleared, selects a test image. */
  private digitChanged(): void {
    // During drawing the digit changes with every frame, and this view is hidden: wait until it is shown.
    this.isStale = this.session.view !== "inside";
    if (this.isStale) return;
    if (this.session.digit) this.selectDrawing();
    else if (this.current?.label === undefined) this.selectThumb(FIRST);
    this.mark();
  }

  private addThumb(digit: number, pixels: Uint8Array): void {
    const canvas = make("canvas", { className: "inside-thumb" });
    const made = make(
      "button",
      { type: "button", className: "inside-sample", ariaLabel: `Test image of ${digit}` },
      canvas,
    );
    made.addEventListener("click", () => this.selectThumb(digit));
    this.thumbs.push({ pixels, button: made, canvas });
    this.thumbList.append(made);
  }

  private mark(): void {
    const { digit } = this.session;
    setEnabled(this.drawing, digit !== undefined);
    this.drawing.ariaPressed = String(this.current !== undefined && this.current.label === undefined);
    for (const { button: thumb, pixels } of this.thumbs) thumb.ariaPressed = String(this.current?.pixels === pixels);
  }

  private paint(): void {
    for (const { canvas, pixels } of this.thumbs) paintDigit(canvas, pixels);
  }
}

/** The test image selected if there is no drawing. */
const FIRST = 7;
