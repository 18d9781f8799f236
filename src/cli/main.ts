// The command line: which commands there are, and how every failure ends.

import { Command, CommanderError } from "commander";
import { evaluateCommand } from "./evaluate.js";
import { explainCommand } from "./explain.js";
import { infoCommand } from "./info.js";
import { Failure, fail } from "./output.js";
import { predictCommand } from "./predict.js";
import { trainCommand } from "./train.js";
import { VERSION } from "./version.js";

const USAGE = 2;

function createProgram(): Command {
  const program = new Command("wasmlp")
    .description("Trains multilayer perceptrons on the CPU with WebAssembly SIMD kernels.")
    .version(VERSION)
    .exitOverride()
    .configureOutput({ outputError: () => {} });
  for (const add of [trainCommand, evaluateCommand, predictCommand, explainCommand, infoCommand]) add(program);
  return program;
}

async function run(args: string[]): Promise<void> {
  try {
    await createProgram().parseAsync(args, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // Help and version arrive as errors of exit code 0, already printed; no command at all prints the help.
    if (error.exitCode === 0) return;
    if (error.code === "commander.help") process.exit(USAGE);
    throw new Failure(error.message.replace(/^error: /, "").replaceAll("\n", " "), USAGE);
  }
}

// A reader that closes the pipe early, such as `head`, has had enough.
process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1));
process.on("uncaughtException", fail);
run(process.argv.slice(2)).catch(fail);
