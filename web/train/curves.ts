// The curves of the runs, one over the other: loss and accuracy by epoch, of the batches as they come and of the test images.

import uPlot from "uplot";
import { make } from "../elements.js";
import { percent, short } from "../format.js";
import { onThemeChange, token } from "../theme.js";
import type { Run } from "./run.js";

/** Colours of runs, `--run-0` and so on, before they begin anew. */
export const COLOURS = 6;

const HEIGHT = 220;
/** What a logarithmic axis can still show. */
const LEAST_LOSS = 1e-5;
/** Drawing anew takes a few milliseconds, which training reports would ask for twenty times a second. */
const LEAST_MILLISECONDS = 120;

interface Quantity {
  title: string;
  isLogarithmic: boolean;
  batches(run: Run): number[];
  tests(run: Run): number[];
  shown(value: number): string;
}

const QUANTITIES: readonly Quantity[] = [
  {
    title: "Loss",
    isLogarithmic: true,
    batches: (run) => run.curve.losses.map((loss) => Math.max(loss, LEAST_LOSS)),
    tests: (run) => run.tests.map(({ loss }) => Math.max(loss, LEAST_LOSS)),
    shown: (value) => short(value),
  },
  {
    title: "Accuracy",
    isLogarithmic: false,
    batches: (run) => run.curve.accuracies,
    tests: (run) => run.tests.map(({ accuracy }) => accuracy),
    shown: (value) => percent(value),
  },
];

export class Curves {
  readonly root: HTMLElement;
  private readonly charts = QUANTITIES.map((quantity) => new Chart(quantity));
  private runs: readonly Run[] = [];
  private waiting: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    const key = make(
      "p",
      { className: "quiet train-key" },
      ...[make("span", { className: "train-thin" }), "training batches"],
      ...[make("span", { className: "train-thick" }), "test images, after each epoch"],
    );
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
    this.root = make("div", {}, make("h3", { textContent: quantity.title }), this.box);
    this.box.style.height = `${HEIGHT}px`;
  }

  draw(runs: readonly Run[]): void {
    const width = this.box.clientWidth;
    // A hidden view has no size to draw in.
    if (width === 0) return;
    this.most = Math.max(1, ...runs.map((run) => Math.max(run.planned, run.epochs)));
    const names = runs.map((run) => run.name).join();
    if (!this.plot || names !== this.drawn) this.begin(runs, width);
    this.plot?.setSize({ width, height: HEIGHT });
    this.plot?.setData(this.data(runs));
    this.box.ariaLabel = this.inWords(runs);
    this.drawn = names;
  }

  private begin(runs: readonly Run[], width: number): void {
    this.plot?.destroy();
    const { isLogarithmic, shown } = this.quantity;
    const options: uPlot.Options = {
      ...{ width, height: HEIGHT, padding: [8, 12, 0, 0], legend: { show: false }, cursor: { show: false } },
      scales: {
        x: { time: false, range: () => [0, this.most] },
        y: isLogarithmic ? { distr: 3 } : { range: accuracyRange },
      },
      axes: [
        {
          ...axis(),
          label: "epoch",
          labelSize: 20,
          labelFont: font(),
          size: 28,
          incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500],
        },
        { ...axis(), size: 58, values: (_, ticks) => ticks.map((tick) => (tick === null ? "" : shown(tick))) },
      ],
      series: [{}, ...runs.flatMap((run) => seriesOf(run))],
    };
    this.plot = new uPlot(options, this.data(runs), this.box);
  }

  /** All runs over one list of epochs, as uPlot wants them. */
  private data(runs: readonly Run[]): uPlot.AlignedData {
    const { batches, tests } = this.quantity;
    const tables = runs.flatMap((run): uPlot.AlignedData[] => [
      [run.curve.epochs, batches(run)],
      [run.tests.map(({ epochs }) => epochs), tests(run)],
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

/** Some room around what is there, and never past 100 %. */
function accuracyRange(_: uPlot, least: number | null, most: number | null): [number, number] {
  if (least === null || most === null) return [0, 1];
  const room = Math.max(0.005, (most - least) * 0.05);
  return [Math.max(0, least - room), Math.min(1, most + room)];
}

function axis(): uPlot.Axis {
  const grid = { stroke: () => token("--line"), width: 1 };
  return { stroke: () => token("--quiet"), grid, ticks: { show: false }, font: font() };
}

function font(): string {
  return `12px ${token("--font")}`;
}

function seriesOf(run: Run): uPlot.Series[] {
  const colour = (): string => token(`--run-${run.colour % COLOURS}`);
  return [
    { stroke: () => `${colour()}88`, width: 1.25, points: { show: false }, spanGaps: true },
    { stroke: colour, width: 2, points: { show: true, size: 6, fill: colour, stroke: colour }, spanGaps: true },
  ];
}
