// What makes and measures the pretrained models. It runs from a build of this folder: node build/models.js --help

import { Command } from "commander";
import { addDrawn } from "./drawn.js";

const program = new Command("models").description("Makes and measures the pretrained models.");
addDrawn(program);
try {
  await program.parseAsync();
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
