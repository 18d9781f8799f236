// Runs the package in every environment that it is for, and writes docs/environments.md. `npm run environments` runs all of
// them, `npm run environments -- NAME…` those whose names begin so and writes nothing, `-- --ci` the cheap part. With
// `--report FILE` the counts are written as JSON, as vitest's reporter does.

import { type ChildProcess, spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { argv, env, execPath, kill, stderr, stdout } from "node:process";
import { fileURLToPath } from "node:url";
import { Workshop } from "../support/installed.js";
import { command, type Environment, type Outcome, root, smokeOf, smokeProgram } from "./environment.js";
import { FRAMEWORKS } from "./frameworks.js";
import { PAGES } from "./pages.js";
import { RUNTIMES } from "./runtimes.js";
import { TESTERS } from "./testers.js";
import { TYPESCRIPTS } from "./typescript.js";

const ENVIRONMENTS: Environment[] = [...RUNTIMES, ...PAGES, ...FRAMEWORKS, ...TESTERS, ...TYPESCRIPTS];
/** An environment that has not answered after this time has failed. */
const MINUTES = 20;
/** Environments that run at once. Much of their time is installation, and bundlers and browsers take a gigabyte each. */
const AT_ONCE = 4;
/** What the process of one environment prints its outcome after. */
const MARK = "outcome: ";

interface Row {
  name: string;
  outcome?: Outcome;
  /** Why it failed. */
  failure?: string;
}

/** The process of one environment: prints its outcome. */
async function runOne(name: string, folder: string): Promise<void> {
  const environment = ENVIRONMENTS.find((one) => one.name === name);
  if (!environment) throw new Error(`there is no environment ${name}`);
  stdout.write(`\n${MARK}${JSON.stringify(await environment.run(new Workshop(folder)))}\n`);
}

/** Runs one environment in a process of its own, which is ended with all its children when it takes too long. */
function runApart({ name }: Environment, folder: string): Promise<Row> {
  const args = [fileURLToPath(import.meta.url), "--one", name, folder];
  const child = spawn(execPath, args, { cwd: root, env, detached: true, stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (said += data));
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    endGroup(child);
  }, MINUTES * 60_000);
  return new Promise((done) => {
    child.on("close", () => {
      clearTimeout(timer);
      endGroup(child);
      const line = said.split("\n").findLast((text) => text.startsWith(MARK));
      if (line) done({ name, outcome: JSON.parse(line.slice(MARK.length)) });
      else
        done({
          name,
          failure: isLate ? `it had not ended after ${MINUTES} minutes` : said.trim() || "it said nothing",
        });
    });
  });
}

function endGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) kill(-pid, "SIGKILL");
  } catch {
    // All have ended.
  }
}

/** The hash of the parameters that this Node trains: what every environment must train too. */
async function expectedHash(workshop: Workshop): Promise<string> {
  const cwd = workshop.project("reference", { "smoke.mjs": smokeProgram });
  return smokeOf(await command(execPath, ["smoke.mjs", "--worker"], { cwd })).hash;
}

function judged(row: Row, hash: string): Row {
  const { outcome, name } = row;
  if (outcome?.hash === undefined || outcome.hash === hash) return row;
  return { name, outcome, failure: `the trained parameters are ${outcome.hash}, and ${hash} on Node` };
}

/** Runs one environment, and says on stderr what came of it and after how long. */
async function rowOf(environment: Environment, folder: string, hash: string): Promise<Row> {
  const began = performance.now();
  const row = judged(await runApart(environment, folder), hash);
  const took = `${row.name}, ${Math.round((performance.now() - began) / 1000)} s`;
  stderr.write(row.failure === undefined ? `passed: ${took}\n` : `failed: ${took}\n${row.failure}\n\n`);
  return row;
}

/** Runs environments, several at once. The rows are in the order of `environments`. */
async function runAll(environments: Environment[]): Promise<Row[]> {
  const workshop = new Workshop();
  try {
    const hash = await expectedHash(workshop);
    const rows: Row[] = [];
    const left = environments.entries();
    const lane = async (): Promise<void> => {
      for (const [i, environment] of left) rows[i] = await rowOf(environment, workshop.folder, hash);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, lane));
    return rows;
  } finally {
    workshop.remove();
  }
}

/** The first sentence of a failure, fit for a cell of a table. */
function brief(failure: string): string {
  const lines = failure.split("\n").filter((line) => /error|must|cannot|not /i.test(line));
  return (lines[0] ?? failure.split("\n")[0] ?? "").replaceAll("|", "\\|").replaceAll(root, "").trim().slice(0, 160);
}

function cells({ name, outcome, failure }: Row): string[] {
  const bytes = outcome?.hash === undefined ? "" : failure === undefined ? "yes" : "no";
  if (failure !== undefined) return [name, outcome?.version ?? "", "**fails**", bytes || "no", `\`${brief(failure)}\``];
  return [name, outcome?.version ?? "", outcome?.ran ?? "", bytes || "—", outcome?.remark ?? ""];
}

function document(rows: Row[]): string {
  const line = (texts: string[]): string => `| ${texts.join(" | ")} |`;
  return `# Environments

Written by \`npm run environments\`, which packs the package, installs it with each tool into an empty project and runs
[the same training](../test/environments/smoke.mjs) there: deterministic kernels, dropout, augmentation, one thread and two, then saving,
loading and prediction. "Same bytes" says whether the trained parameters are those of Node ${process.versions.node}, to the bit. Pages
run in Chromium. Nothing is configured but what the remark says.

${line(["environment", "version", "what ran", "same bytes", "remark"])}
|---|---|---|---|---|
${rows.map((row) => line(cells(row))).join("\n")}

TypeScript has no bytes to compare: [two programs](../test/environments/consumer) that use every entry compile with \`skipLibCheck: false\`, and
none of the package's types is \`any\`. The configurations are the module resolutions \`node16\`, \`nodenext\`, \`bundler\` and \`node10\`, each
without a library but the language's, and \`bundler\` also with \`dom\`, with \`webworker\` and with the types of Node.

Electron and React Native were not run. React Native's engine Hermes has no WebAssembly: in engines without it \`Network.create\` rejects with an
Error that says so.
`;
}

function optionsOf(args: string[]) {
  const names: string[] = [];
  let [inCi, report] = [false, undefined as string | undefined];
  for (let i = 0; i < args.length; i++) {
    if (args[i] === "--ci") inCi = true;
    else if (args[i] === "--report") report = args[++i];
    else names.push(args[i] as string);
  }
  return { names, inCi, report };
}

async function main(args: string[]): Promise<void> {
  if (args[0] === "--one") return runOne(args[1] as string, args[2] as string);
  const { names, inCi, report } = optionsOf(args);
  const chosen = ENVIRONMENTS.filter((one) => names.length === 0 || names.some((name) => one.name.startsWith(name)));
  if (chosen.length === 0) throw new Error(`no environment begins with ${names.join(" or ")}`);
  const rows = await runAll(inCi ? chosen.filter((one) => one.inCi) : chosen);
  if (!inCi && names.length === 0) writeFileSync(join(root, "docs/environments.md"), document(rows));
  const failed = rows.filter(({ failure }) => failure !== undefined).length;
  const counts = { numPassedTests: rows.length - failed, numFailedTests: failed };
  if (report !== undefined) writeFileSync(report, JSON.stringify(counts));
  stdout.write(`${counts.numPassedTests} environments passed, ${failed} failed\n`);
  process.exitCode = failed > 0 ? 1 : 0;
}

await main(argv.slice(2)).catch((error: Error) => {
  stderr.write(`${error.stack ?? error.message}\n`);
  process.exitCode = 1;
});
