// Candidates as processes of their own, all alive at once, measured in turn round by round: what slows the machine down slows
// all of them.

import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { median } from "../src/median.js";

export interface Candidate {
  name: string;
  command: string;
  args: string[];
  cwd?: string;
}

/** What a candidate says of itself when it has walked through the samples once. */
interface Introduction {
  version: string;
  setting: string;
  accuracy: number;
  trainedSamples?: number;
  checksum?: number;
}

export interface Measured extends Introduction {
  name: string;
  /** One record a round, as the candidate gave it. */
  rounds: Record<string, number>[];
}

/** Measures all candidates; one that fails is told of on stderr and left out. */
export async function measureInRounds(candidates: Candidate[], rounds: number): Promise<Measured[]> {
  const running: { process: Talker; measured: Measured }[] = [];
  for (const candidate of candidates) {
    const process = new Talker(candidate);
    try {
      // One after the other: each walks through the samples undisturbed.
      const introduction = (await process.read()) as unknown as Introduction;
      running.push({ process, measured: { name: candidate.name, ...introduction, rounds: [] } });
    } catch (error) {
      process.end();
      console.error(`${candidate.name}: ${(error as Error).message}`);
    }
  }
  for (let round = 0; round < rounds; round++) {
    for (const { process, measured } of running) measured.rounds.push(await process.ask());
  }
  for (const { process } of running) process.end();
  return running.map(({ measured }) => measured);
}

/** A process that answers lines with lines of JSON. */
class Talker {
  private readonly child: ChildProcess;
  private readonly answers: AsyncIterator<string>;

  constructor({ command, args, cwd }: Candidate) {
    this.child = spawn(command, args, {
      cwd,
      stdio: ["pipe", "pipe", process.env.BENCH_VERBOSE ? "inherit" : "ignore"],
    });
    this.child.on("error", () => {});
    this.answers = createInterface({ input: this.child.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]();
  }

  async read(): Promise<Record<string, number>> {
    const { value, done } = await this.answers.next();
    if (done) throw new Error(`ended without an answer (exit code ${this.child.exitCode}); BENCH_VERBOSE=1 shows why`);
    return JSON.parse(value);
  }

  ask(): Promise<Record<string, number>> {
    this.child.stdin?.write("go\n");
    return this.read();
  }

  end(): void {
    this.child.stdin?.end();
    this.child.kill();
  }
}

/** The median and the best of a rate, samples a second. */
export function rateOf(rounds: Record<string, number>[]): { median: number; best: number } {
  const costs = rounds.map(({ samples = 0, seconds = 1 }) => seconds / samples);
  return { median: 1 / median(costs), best: 1 / Math.min(...costs) };
}
