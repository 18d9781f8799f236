// Charts of all runs: loss and accuracy by epoch, for the training images and for the test images.

import uPlot from "uplot";
import { make } from "../elements.js";
import { short } from "../format.js";
import { onThemeChange, token } from "../theme.js";
import { epochsShown } from "./curve.js";
import type { Run } from "./run.js";

/** Number of colours for runs, `--run-0` and up; further runs reuse them. */
export const COLOURS = 6;

/** Minimum time between redraws. A redraw takes a few milliseconds, and a training reports twenty times a second. */
const REDRAW_MILLISECONDS = 120;

/** Lower bounds of loss and error rate on the logarithmic axes, where zero has no place. */
const [MIN_LOSS, MIN_ERROR] = [1e-5, 1e-4];

interface Quantity {
  title: string;
  /** Training values, one per point of the run's curve. */
  training(run: Run): number[];
  /** The training value of the epoch so far. */
  partial(mean: { loss: number; accuracy: number }): number;
  /** Values on the test images, one per test. */
  tests(run: Run): number[];
  /** Maps a value to its coordinate on the axis. */
  scale(value: number): number;
  /** Values that may have a tick; `fineTicks` are used if too few of them are in range. */
  ticks: readonly number[];
  fineTicks: readonly number[];
  /** Range of values on an empty chart. */
  emptyRange: readonly [number, number];
  format(value: number): string;
}

const QUANTITIES: readonly Quantity[] = [
  {
    title: "Loss",
    training: (run) => run.curve.losses,
    partial: ({ loss }) => loss,
    tests: (run) => run.tests.map(({ loss }) => loss),
    scale: (loss) => Math.log10(Math.max(loss, MIN_LOSS)),
    ticks: powersTimes([1, 2, 5]),
    fineTicks: powersTimes([1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 7, 8, 9]),
    emptyRange: [0.05, 2.5],
    format: (loss) => short(loss),
  },
  {
    // Logarithmic in the error rate: 98 to 99 % takes as much room as 80 to 90 %.
    title: "Accuracy",
    training: (run) => run.curve.accuracies,
    partial: ({ accuracy }) => accuracy,
    tests: (run) => run.tests.map(({ accuracy }) => accuracy),
    scale: (accuracy) => -Math.log10(Math.max(1 - accuracy, MIN_ERROR)),
    ticks: [0, 0.2, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999, 0.9999],
    fineTicks: percents(0, 80, 5).concat(percents(80, 96, 1), percents(96, 98, 0.5), percents(98, 100, 0.1)),
    emptyRange: [0, 0.98],
    format: (accuracy) => `${short(100 * accuracy, 4)} %`,
  },
];

/** The digits times powers of ten from 1e-5 to 100. */
function powersTimes(digits: readonly number[]): number[] {
  return [-5, -4, -3, -2, -1, 0, 1, 2].flatMap((power) => digits.map((digit) => digit * 10 ** power));
}

/** Fractions for the percentages from `from` to below `to`. */
function percents(from: number, to: number, step: number): number[] {
  return Array.from({ length: Math.round((to - from) / step) }, (_, i) => (from + i * step) / 100);
}

export class Curves {
  readonly root: HTMLElement;
  private readonly charts = QUANTITIES.map((quantity) => new Chart(quantity));
  private runs: readonly Run[] = [];
  private redraw: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    const line = (name: string, what: string): HTMLElement => make("span", {}, make("i", { className: name }), what);
    const lines = [
      line("train-thin", "training images, mean of each epoch"),
      line("train-dashed", "of the epoch so far"),
      line("train-thick", "test images, after each epoch"),
    ];
    const key = make("p", { className: "quiet train-key" }, ...lines);
    const charts = make("div", { className: "train-charts" }, ...this.charts.map(({ root }) => root));
    this.root = make("section", { className: "card train-curves", ariaLabel: "Curves" }, charts, key);
    onThemeChange(() => this.draw());
    new ResizeObserver(() => this.draw()).observe(charts);
  }

  /** Shows these runs at the next redraw. */
  show(runs: readonly Run[]): void {
    this.runs = runs;
    this.redraw ??= setTimeout(() => {
      this.redraw = undefined;
      this.draw();
    }, REDRAW_MILLISECONDS);
  }

  private draw(): void {
    for (const chart of this.charts) chart.draw(this.runs);
  }
}

class Chart {
  readonly root: HTMLElement;
  private readonly box = make("div", { className: "train-chart", role: "img" });
  private plot: uPlot | undefined;
  /** Numbers of the runs that the plot has series for. */
  private drawn = "";
  /** Last epoch on the axis. */
  private epochs = 1;

  constructor(private readonly quantity: Quantity) {
    this.root = make("div", { className: "train-quantity" }, make("h2", { textContent: quantity.title }), this.box);
  }

  draw(runs: readonly Run[]): void {
    const { clientWidth: width, clientHeight: height } = this.box;
    // A hidden view has no size.
    if (width === 0) return;
    this.epochs = Math.max(1, ...runs.map(epochsShown));
    const numbers = runs.map((run) => run.number).join();
    if (!this.plot || numbers !== this.drawn) this.createPlot(runs, width, height);
    this.plot?.setSize({ width, height });
    this.plot?.setData(this.data(runs));
    this.box.ariaLabel = this.describe(runs);
    this.drawn = numbers;
  }

  private createPlot(runs: readonly Run[], width: number, height: number): void {
    this.plot?.destroy();
    const options: uPlot.Options = {
      ...{ width, height, padding: [8, 20, 0, 0], legend: { show: false }, cursor: { show: false } },
      scales: {
        x: { time: false, range: () => [0, this.epochs] },
        y: { range: (_, least, most) => this.range(least, most) },
      },
      axes: [
        { ...axis(), size: AXIS, label: "epochs", labelSize: 18, labelFont: font(), labelGap: -6, incrs: WHOLE_STEPS },
        {
          ...axis(),
          size: 56,
          splits: (_, __, from, to) => this.ticksIn(from, to),
          values: (_, coordinates) => coordinates.map((at) => this.label(at)),
        },
      ],
      series: [{}, ...runs.flatMap((run) => seriesOf(run))],
    };
    this.plot = new uPlot(options, this.data(runs), this.box);
  }

  /** The range of the axis for coordinates from `least` to `most`, with a margin. */
  private range(least: number | null, most: number | null): [number, number] {
    const { emptyRange, scale } = this.quantity;
    const [from, to] = [least ?? scale(emptyRange[0]), most ?? scale(emptyRange[1])];
    const margin = Math.max(0.05, (to - from) * 0.06);
    return [from - margin, to + margin];
  }

  /** Coordinates of the ticks between two coordinates. */
  private ticksIn(from: number, to: number): number[] {
    const { ticks, fineTicks } = this.quantity;
    const kept = this.spaced(ticks, from, to);
    return kept.length < MIN_TICKS ? this.spaced(fineTicks, from, to) : kept;
  }

  /** Coordinates of those ticks whose labels do not touch. */
  private spaced(ticks: readonly number[], from: number, to: number): number[] {
    const distance = (LABEL_PIXELS * (to - from)) / Math.max(1, this.box.clientHeight - AXIS);
    const kept: number[] = [];
    // From the top, so that the ticks of the best accuracies are the ones kept.
    for (const at of ticks.map(this.quantity.scale).reverse()) {
      const last = kept.at(-1);
      if (at >= from && at <= to && (last === undefined || last - at >= distance)) kept.push(at);
    }
    return kept.reverse();
  }

  /** The label of the tick at a coordinate. */
  private label(at: number): string {
    const { ticks, fineTicks, scale, format } = this.quantity;
    const value = [...ticks, ...fineTicks].find((tick) => scale(tick) === at);
    return value === undefined ? "" : format(value);
  }

  /** The data of all runs over one common list of epochs, as uPlot requires. */
  private data(runs: readonly Run[]): uPlot.AlignedData {
    const { training, scale, tests } = this.quantity;
    const tables = runs.flatMap((run): uPlot.AlignedData[] => [
      [run.curve.epochs, training(run).map(scale)],
      this.openLine(run),
      [run.tests.map(({ epochs }) => epochs), tests(run).map(scale)],
    ]);
    return tables.length === 0 ? [[]] : uPlot.join(tables);
  }

  /** From the last training value to that of the epoch so far, if there is one. */
  private openLine(run: Run): uPlot.AlignedData {
    const { partial, epochs } = run.curve;
    if (!partial) return [[], []];
    const { training, partial: read, scale } = this.quantity;
    const values = [...training(run).slice(-1), read(partial)];
    return [[...epochs.slice(-1), partial.epoch], values.map(scale)];
  }

  /** The last values of each run, for screen readers. */
  private describe(runs: readonly Run[]): string {
    const { title, training, tests, format } = this.quantity;
    const last = runs.map((run) => {
      const [batch, test] = [training(run).at(-1), tests(run).at(-1)];
      return `${run.name}: training ${batch === undefined ? "–" : format(batch)}, test ${test === undefined ? "–" : format(test)}`;
    });
    return `${title} by epoch. ${last.join("; ") || "No runs yet"}`;
  }
}

/** Height of the epoch axis, and minimum distance between two ticks of the other axis, in pixels. */
const [AXIS, LABEL_PIXELS] = [44, 20];
/** With fewer ticks than this in range, the fine ticks are used. */
const MIN_TICKS = 4;

/** Possible distances between ticks of the epoch axis: whole numbers only. */
const WHOLE_STEPS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].flatMap((power) => [1, 2, 5].map((digit) => digit * 10 ** power));

function axis(): uPlot.Axis {
  const grid = { stroke: () => token("--line"), width: 1 };
  return { stroke: () => token("--quiet"), grid, ticks: { show: false }, font: font() };
}

function font(): string {
  return `12px ${token("--font")}`;
}

/** The lines of a run: thin for the training, dashed for the epoch so far, thick with points for the tests. */
function seriesOf(run: Run): uPlot.Series[] {
  const colour = (): string => token(`--run-${run.number % COLOURS}`);
  return [
    { stroke: () => `${colour()}aa`, width: 1.25, points: { show: false }, spanGaps: true },
    { stroke: () => `${colour()}aa`, width: 1.25, dash: [4, 4], points: { show: false }, spanGaps: true },
    { stroke: colour, width: 2, points: { show: true, size: 6, fill: colour, stroke: colour }, spanGaps: true },
  ];
}
