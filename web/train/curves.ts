// The curves of the runs, one over the other: loss and accuracy by epoch, of the batches as they come and of the test images.

import uPlot from "uplot";
import { make } from "../elements.js";
import { short } from "../format.js";
import { onThemeChange, token } from "../theme.js";
import { epochsShown } from "./curve.js";
import type { Run } from "./run.js";

/** Colours of runs, `--run-0` and so on, before they begin anew. */
export const COLOURS = 6;

/** Drawing anew takes a few milliseconds, which training reports would ask for twenty times a second. */
const LEAST_MILLISECONDS = 120;

/** What can still be told from no loss, and from no mistake. */
const [LEAST_LOSS, LEAST_ERROR] = [1e-5, 1e-4];

interface Quantity {
  title: string;
  batches(run: Run): number[];
  tests(run: Run): number[];
  /** How high a value stands. */
  height(value: number): number;
  /** Where the axis has lines; `fine` where those are too few. */
  marks: readonly number[];
  fine: readonly number[];
  /** The values that an empty chart shows. */
  span: readonly [number, number];
  shown(value: number): string;
}

const QUANTITIES: readonly Quantity[] = [
  {
    title: "Loss",
    batches: (run) => run.curve.losses,
    tests: (run) => run.tests.map(({ loss }) => loss),
    height: (loss) => Math.log10(Math.max(loss, LEAST_LOSS)),
    marks: powersTimes([1, 2, 5]),
    fine: powersTimes([1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 7, 8, 9]),
    span: [0.05, 2.5],
    shown: (loss) => short(loss),
  },
  {
    // By the logarithm of the share of mistakes: from 98 to 99 % is as far as from 80 to 90.
    title: "Accuracy",
    batches: (run) => run.curve.accuracies,
    tests: (run) => run.tests.map(({ accuracy }) => accuracy),
    height: (accuracy) => -Math.log10(Math.max(1 - accuracy, LEAST_ERROR)),
    marks: [0, 0.2, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999, 0.9999],
    fine: percents(0, 80, 5).concat(percents(80, 96, 1), percents(96, 98, 0.5), percents(98, 100, 0.1)),
    span: [0, 0.98],
    shown: (accuracy) => `${short(100 * accuracy, 4)} %`,
  },
];

/** From 0.00001 to 1000. */
function powersTimes(digits: readonly number[]): number[] {
  return [-5, -4, -3, -2, -1, 0, 1, 2].flatMap((power) => digits.map((digit) => digit * 10 ** power));
}

function percents(from: number, to: number, step: number): number[] {
  return Array.from({ length: Math.round((to - from) / step) }, (_, i) => (from + i * step) / 100);
}

export class Curves {
  readonly root: HTMLElement;
  private readonly charts = QUANTITIES.map((quantity) => new Chart(quantity));
  private runs: readonly Run[] = [];
  private waiting: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    const line = (name: string, what: string): HTMLElement => make("span", {}, make("i", { className: name }), what);
    const lines = [line("train-thin", "training batches"), line("train-thick", "test images, after each epoch")];
    const key = make("p", { className: "quiet train-key" }, ...lines);
    const charts = make("div", { className: "train-charts" }, ...this.charts.map(({ root }) => root));
    this.root = make("section", { className: "card train-curves", ariaLabel: "Curves" }, charts, key);
    onThemeChange(() => this.draw());
    new ResizeObserver(() => this.draw()).observe(charts);
  }

  /** Shows these runs, soon. */
  show(runs: readonly Run[]): void {
    this.runs = runs;
    this.waiting ??= setTimeout(() => {
      this.waiting = undefined;
      this.draw();
    }, LEAST_MILLISECONDS);
  }

  private draw(): void {
    for (const chart of this.charts) chart.draw(this.runs);
  }
}

class Chart {
  readonly root: HTMLElement;
  private readonly box = make("div", { className: "train-chart", role: "img" });
  private plot: uPlot | undefined;
  /** The runs that the plot has series for. */
  private drawn = "";
  /** Epochs that the axis goes to. */
  private most = 1;

  constructor(private readonly quantity: Quantity) {
    this.root = make("div", { className: "train-quantity" }, make("h2", { textContent: quantity.title }), this.box);
  }

  draw(runs: readonly Run[]): void {
    const { clientWidth: width, clientHeight: height } = this.box;
    // A hidden view has no size to draw in.
    if (width === 0) return;
    this.most = Math.max(1, ...runs.map(epochsShown));
    const numbers = runs.map((run) => run.number).join();
    if (!this.plot || numbers !== this.drawn) this.begin(runs, width, height);
    this.plot?.setSize({ width, height });
    this.plot?.setData(this.data(runs));
    this.box.ariaLabel = this.inWords(runs);
    this.drawn = numbers;
  }

  private begin(runs: readonly Run[], width: number, height: number): void {
    this.plot?.destroy();
    const options: uPlot.Options = {
      ...{ width, height, padding: [8, 20, 0, 0], legend: { show: false }, cursor: { show: false } },
      scales: {
        x: { time: false, range: () => [0, this.most] },
        y: { range: (_, least, most) => this.range(least, most) },
      },
      axes: [
        { ...axis(), size: AXIS, label: "epochs", labelSize: 18, labelFont: font(), labelGap: -6, incrs: WHOLE_STEPS },
        {
          ...axis(),
          size: 56,
          splits: (_, __, from, to) => this.marks(from, to),
          values: (_, heights) => heights.map((at) => this.mark(at)),
        },
      ],
      series: [{}, ...runs.flatMap((run) => seriesOf(run))],
    };
    this.plot = new uPlot(options, this.data(runs), this.box);
  }

  /** Some room around what is there. */
  private range(least: number | null, most: number | null): [number, number] {
    const { height, span } = this.quantity;
    const [from, to] = [least ?? height(span[0]), most ?? height(span[1])];
    const room = Math.max(0.05, (to - from) * 0.06);
    return [from - room, to + room];
  }

  /** Heights of marks between two heights. */
  private marks(from: number, to: number): number[] {
    const { marks, fine } = this.quantity;
    const kept = this.apart(marks, from, to);
    return kept.length < FEWEST_MARKS ? this.apart(fine, from, to) : kept;
  }

  /** Heights of those that are far enough from each other to be read. */
  private apart(marks: readonly number[], from: number, to: number): number[] {
    const least = (LEAST_PIXELS * (to - from)) / Math.max(1, this.box.clientHeight - AXIS);
    const kept: number[] = [];
    // The upper ones first, which are of the better accuracies.
    for (const at of marks.map(this.quantity.height).reverse()) {
      const last = kept.at(-1);
      if (at >= from && at <= to && (last === undefined || last - at >= least)) kept.push(at);
    }
    return kept.reverse();
  }

  private mark(at: number): string {
    const { marks, fine, height, shown } = this.quantity;
    const value = [...marks, ...fine].find((mark) => height(mark) === at);
    return value === undefined ? "" : shown(value);
  }

  /** All runs over one list of epochs, as uPlot wants them. */
  private data(runs: readonly Run[]): uPlot.AlignedData {
    const { batches, height, tests } = this.quantity;
    const tables = runs.flatMap((run): uPlot.AlignedData[] => [
      [run.curve.epochs, batches(run).map(height)],
      [run.tests.map(({ epochs }) => epochs), tests(run).map(height)],
    ]);
    return tables.length === 0 ? [[]] : uPlot.join(tables);
  }

  private inWords(runs: readonly Run[]): string {
    const { title, batches, tests, shown } = this.quantity;
    const ends = runs.map((run) => {
      const [batch, test] = [batches(run).at(-1), tests(run).at(-1)];
      return `${run.name}: training ${batch === undefined ? "–" : shown(batch)}, test ${test === undefined ? "–" : shown(test)}`;
    });
    return `${title} by epoch. ${ends.join("; ") || "Nothing yet"}`;
  }
}

/** Pixels that the axis of epochs takes, and that two marks of the other need. */
const [AXIS, LEAST_PIXELS] = [44, 20];
const FEWEST_MARKS = 4;

/** Between the marks of the epochs. */
const WHOLE_STEPS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].flatMap((power) => [1, 2, 5].map((digit) => digit * 10 ** power));

function axis(): uPlot.Axis {
  const grid = { stroke: () => token("--line"), width: 1 };
  return { stroke: () => token("--quiet"), grid, ticks: { show: false }, font: font() };
}

function font(): string {
  return `12px ${token("--font")}`;
}

function seriesOf(run: Run): uPlot.Series[] {
  const colour = (): string => token(`--run-${run.number % COLOURS}`);
  return [
    { stroke: () => `${colour()}88`, width: 1.25, points: { show: false }, spanGaps: true },
    { stroke: colour, width: 2, points: { show: true, size: 6, fill: colour, stroke: colour }, spanGaps: true },
  ];
}
