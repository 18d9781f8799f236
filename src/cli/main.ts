// wasmlp: the command line. Commands stand in files of their own; here is what they share.

import { Command } from "commander";
import { shown } from "../check.js";
import { enableTurbo } from "../node.js";
import { printNote, watchOutput } from "../terminal/output.js";
import { reportError, UsageError } from "./errors.js";
import { addEvaluate } from "./evaluate.js";
import { addExplain } from "./explain.js";
import { addInfo } from "./info.js";
import { addPredict } from "./predict.js";
import { addTrain } from "./train.js";
import { VERSION } from "./version.js";

function createProgram(): Command {
  const program = new Command("wasmlp")
    .description("Trains multilayer perceptrons on the CPU, with WebAssembly SIMD kernels.")
    .version(VERSION)
    .option("--turbo", "experimental: let V8 run pairs of vectors as one (Node 24 and later); the same results, faster")
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
  addHelp(program);
  program.hook("preAction", () => turnOnTurbo(program.opts().turbo === true));
  return program.on("command:*", ([name]: string[]) => refuseCommand(program, name));
}

/** Commander's own help command has no word for a name that it does not know. */
function addHelp(program: Command): void {
  program
    .helpCommand(false)
    .command("help")
    .summary("display help for command")
    .description("Shows the help of a command, or of all.")
    .argument("[command]", "its name")
    .action((name: string | undefined) => {
      const command = name === undefined ? program : program.commands.find((other) => other.name() === name);
      return command ? command.help() : refuseCommand(program, name);
    });
}

/** Before any network is created. */
function turnOnTurbo(isWanted: boolean): void {
  if (isWanted && !enableTurbo())
    printNote(`--turbo needs Node 24 or later, this is ${process.version}: going on without it`);
}

function refuseCommand({ commands }: Command, name: string | undefined): void {
  const names = commands.map((command) => command.name()).join(", ");
  throw new UsageError(`there is no command ${shown(name)}; there are ${names}`);
}

/** What nobody waited for has left the program in a state that nobody knows. */
function endAtOnce(error: unknown): void {
  process.exit(reportError(error));
}

watchOutput();
process.on("uncaughtException", endAtOnce);
process.on("unhandledRejection", endAtOnce);
try {
  await createProgram().parseAsync();
} catch (error) {
  process.exitCode = reportError(error);
}
