// The wasmlp program: options common to all commands, help, and the handling of errors. Each command has a file of its own.

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

/** The program with all its commands. */
function createProgram(): Command {
  const program = new Command("wasmlp")
    .description("Trains multilayer perceptrons on the CPU, with WebAssembly SIMD kernels.")
    .version(VERSION)
    .option("--turbo", "experimental: let V8 run pairs of vectors as one (Node 24 and later); the same results, faster")
    // Commander would print its errors and exit. With these two they are thrown from parseAsync, and `reportError` words them.
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
  // A hook, because options of the program are only known when a command starts.
  program.hook("preAction", () => turnOnTurbo(program.opts().turbo === true));
  return program.on("command:*", ([name]: string[]) => refuseCommand(program, name));
}

/** The help command. Commander's own one prints the general help for an unknown name instead of an error. */
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

/** Applies --turbo. Must run before the first network is created, as V8 reads the flag when it compiles the kernels. */
function turnOnTurbo(isRequested: boolean): void {
  if (isRequested && !enableTurbo()) printNote(`--turbo needs Node 24 or later and is ignored on ${process.version}`);
}

/** Throws an error that lists the commands. */
function refuseCommand({ commands }: Command, name: string | undefined): void {
  const names = commands.map((command) => command.name()).join(", ");
  throw new UsageError(`there is no command ${shown(name)}; there are ${names}`);
}

/** For errors outside any awaited call: the state of the program is unknown, so it ends at once. */
function endAtOnce(error: unknown): void {
  process.exit(reportError(error));
}

watchOutput();
process.on("uncaughtException", endAtOnce);
process.on("unhandledRejection", endAtOnce);
try {
  await createProgram().parseAsync();
} catch (error) {
  // Not process.exit: output that is still buffered would be lost.
  process.exitCode = reportError(error);
}
