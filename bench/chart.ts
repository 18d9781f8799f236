// The chart of the README, as SVG text from the results. Pure.

import { find, peerTitle, type Results, SHOWN, type TrainingCandidate, thousands } from "./readme.js";

// Sizes in the units of the SVG's view box.
const WIDTH = 760;
const LABELS = 250;
const BAR = 22;
const GAP = 6;
const TOP = 56;
const RIGHT = 120;

/** Bars of samples per second on a logarithmic scale, the fastest first. */
export function chartOf({ training, processor, date }: Results): string {
  const row = training.find(({ network, batch }) => network === SHOWN.network && batch === SHOWN.batch);
  // Variants of our own that the chart leaves out.
  const hidden = new Set(["dense", "lists", "auto"]);
  const bars = (row?.candidates ?? []).filter(({ name }) => !hidden.has(name)).sort((a, b) => b.median - a.median);
  const most = bars[0]?.median ?? 1;
  const height = TOP + bars.length * (BAR + GAP) + 24;
  const own = new Set(row ? ["one thread", "two threads", "turbo", "turbo, two threads", "Node 20"] : []);
  const lines = bars.map((bar, i) => barOf(bar, TOP + i * (BAR + GAP), most, own.has(bar.name)));
  const fastest = row && find(row, "one thread") ? `${SHOWN.network} in batches of ${SHOWN.batch} on MNIST` : "";
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="Training speed of wasmlp and others">
<style>
text { font: 13px system-ui, sans-serif; fill: #333; }
.title { font-size: 16px; font-weight: 600; }
.own { fill: #3b6ea8; } .peer { fill: #b9bec6; }
@media (prefers-color-scheme: dark) { text { fill: #ddd; } .own { fill: #6fa3df; } .peer { fill: #666c75; } }
</style>
<text class="title" x="8" y="22">Training, samples per second (logarithmic)</text>
<text x="8" y="42">${fastest}; ${escaped(processor)}, ${date}</text>
${lines.join("\n")}
</svg>
`;
}

/** One bar with its label on the left and its number on the right. */
function barOf({ name, median }: TrainingCandidate, y: number, most: number, isOwn: boolean): string {
  const room = WIDTH - LABELS - RIGHT;
  // From ten samples per second at the left edge.
  const width = Math.max(2, (room * Math.log10(Math.max(median, 11) / 10)) / Math.log10(most / 10));
  const label = isOwn ? `wasmlp, ${name}` : peerTitle(name);
  const middle = y + BAR / 2 + 4;
  return [
    `<text x="${LABELS - 8}" y="${middle}" text-anchor="end">${escaped(label)}</text>`,
    `<rect class="${isOwn ? "own" : "peer"}" x="${LABELS}" y="${y}" width="${width.toFixed(1)}" height="${BAR}" rx="3"/>`,
    `<text x="${(LABELS + width + 8).toFixed(1)}" y="${middle}">${thousands(median)}</text>`,
  ].join("\n");
}

/** Text for use in XML. */
function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
