// What makes and measures the pretrained models. It runs from a build of this folder: node build/models.js --help

import { Command } from "commander";
import { addDoubt } from "./doubt.js";
import { addDrawn } from "./drawn.js";
import { addRecord } from "./record.js";

const program = new Command("models").description("Makes and measures the pretrained models.");
addDrawn(program);
addRecord(program);
addDoubt(program);
try {
  await program.parseAsync();
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
