// wasmlp: the command line. Commands stand in files of their own; here is what they share.

import { Command } from "commander";
import { shown } from "../check.js";
import { reportError, UsageError } from "./errors.js";
import { addEvaluate } from "./evaluate.js";
import { addExplain } from "./explain.js";
import { addInfo } from "./info.js";
import { endQuietlyWithoutReader } from "./output.js";
import { addPredict } from "./predict.js";
import { addTrain } from "./train.js";
import { VERSION } from "./version.js";

function createProgram(): Command {
  const program = new Command("wasmlp")
    .description("Trains multilayer perceptrons on the CPU, with WebAssembly SIMD kernels.")
    .version(VERSION)
    // Errors come out of parseAsync instead, so that one place words them.
    .exitOverride()
    .configureOutput({ outputError: () => {} })
    .addHelpText(
      "after",
      "\nExample:\n  $ wasmlp train --out digits.safetensors && wasmlp evaluate digits.safetensors",
    );
  addTrain(program);
  addEvaluate(program);
  addPredict(program);
  addExplain(program);
  addInfo(program, VERSION);
  return program.on("command:*", ([name]: string[]) => refuseCommand(program, name));
}

function refuseCommand({ commands }: Command, name: string | undefined): void {
  const names = commands.map((command) => command.name()).join(", ");
  throw new UsageError(`there is no command ${shown(name)}; there are ${names}`);
}

/** What nobody waited for has left the program in a state that nobody knows. */
function endAtOnce(error: unknown): void {
  process.exit(reportError(error));
}

endQuietlyWithoutReader();
process.on("uncaughtException", endAtOnce);
process.on("unhandledRejection", endAtOnce);
try {
  await createProgram().parseAsync();
} catch (error) {
  process.exitCode = reportError(error);
}
