// Tables of Markdown, for model cards and the benchmark.

/** `rule` aligns the columns; by default all but the first to the right. */
export function table(
  head: string[],
  rows: string[][],
  rule: string[] = head.map((_, i) => (i === 0 ? "---" : "---:")),
): string {
  return [head, rule, ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}
