// Results to tables, and tables into the README between their markers. Pure.

import type { KernelResult } from "./kernels.js";
import type { TrainingResult } from "./training.js";

/** What one engine measured. */
export interface Run {
  node: string;
  v8: string;
  build: string;
  kernels: KernelResult[];
  training: TrainingResult[];
}

export interface Results {
  date: string;
  processor: string;
  processors: number;
  runs: Run[];
}

/** The README with its tables written anew. Error if it lacks a marker. */
export function withTables(readme: string, results: Results): string {
  const machine = `Measured on ${results.processor}, ${results.processors} cores, ${results.date}.`;
  const kernels = `${machine}\n\n${kernelTable(results.runs)}`;
  return between(between(readme, "bench:kernels", kernels), "bench:training", trainingTable(results.runs));
}

function between(text: string, name: string, content: string): string {
  const [open, close] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const [from, to] = [text.indexOf(open), text.indexOf(close)];
  if (from < 0 || to < from) throw new Error(`README.md lacks the markers ${open} and ${close}`);
  return `${text.slice(0, from + open.length)}\n${content}\n${text.slice(to)}`;
}

function title({ node, build }: Run): string {
  return `Node ${node.replace(/^v|\..*/g, "")} (${build})`;
}

function kernelTable(runs: Run[]): string {
  const rows = (runs[0]?.kernels ?? []).map(({ kernel, shape, unit }, i) => [
    `${kernel} ${shape}`,
    unit,
    ...runs.flatMap((run) => {
      const { wasm, javascript, ratio } = run.kernels[i] as KernelResult;
      return [String(wasm), String(javascript), `${ratio}x`];
    }),
  ]);
  return table(["kernel", "unit", ...runs.flatMap((run) => [title(run), "JavaScript", "ratio"])], rows);
}

function trainingTable(runs: Run[]): string {
  const rows = runs.flatMap((run) =>
    run.training.map(({ network, batch, wasm, blocked, zeroSkipping, overBlocked, overZeroSkipping }) => [
      title(run),
      network,
      String(batch),
      thousands(wasm),
      `${thousands(blocked)} (${overBlocked}x)`,
      `${thousands(zeroSkipping)} (${overZeroSkipping}x)`,
    ]),
  );
  const head = ["samples/s", "network", "batch", "wasmlp", "JavaScript, register-blocked", "JavaScript, zero-skipping"];
  return table(head, rows);
}

function thousands(n: number): string {
  return n.toLocaleString("en-US");
}

function table(head: string[], rows: string[][]): string {
  const line = (cells: string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map((_, i) => (i === 0 ? "---" : "---:"))), ...rows.map(line)].join("\n");
}
