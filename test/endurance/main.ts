// Checks that take long: fuzzing, soaking, killing. They run from a build of this folder: node build/endurance.js --help

import { Command } from "commander";
import { addFuzz } from "./fuzz.js";
import { addKills } from "./kills.js";
import { addSoak } from "./soak.js";

const program = new Command("endurance").description("Checks that take long.");
addFuzz(program);
addKills(program);
addSoak(program);
try {
  await program.parseAsync();
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
