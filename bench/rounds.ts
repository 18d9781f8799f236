// Candidates run in separate processes that are all alive at the same time. They are measured in turn, round by round, so that
// a slow moment of the machine slows all of them.

import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { median } from "../src/median.js";

/** A program that speaks the line protocol: it reports itself, then answers each line with a record. */
export interface Candidate {
  name: string;
  command: string;
  args: string[];
  cwd?: string;
}

/** What a candidate reports after it has trained on the samples once. */
interface Introduction {
  version: string;
  setting: string;
  accuracy: number;
  trainedSamples?: number;
  checksum?: number;
}

/** A candidate's report and its rounds. */
export interface Measured extends Introduction {
  name: string;
  /** One record per round, as the candidate reported it. */
  rounds: Record<string, number>[];
}

/** Measures all candidates. A candidate that fails is reported on stderr and left out. */
export async function measureInRounds(candidates: Candidate[], rounds: number): Promise<Measured[]> {
  const running: { process: Talker; measured: Measured }[] = [];
  for (const candidate of candidates) {
    const process = new Talker(candidate);
    try {
      // One after the other, so that no candidate disturbs the first walk of another.
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

/** A process that answers each line with a line of JSON. */
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

  /** The next line as an object. Throws an Error if the process has ended. */
  async read(): Promise<Record<string, number>> {
    const { value, done } = await this.answers.next();
    if (done) throw new Error(`ended without an answer (exit code ${this.child.exitCode}); BENCH_VERBOSE=1 shows why`);
    return JSON.parse(value);
  }

  /** Starts one round and resolves to its record. */
  ask(): Promise<Record<string, number>> {
    this.child.stdin?.write("go\n");
    return this.read();
  }

  end(): void {
    this.child.stdin?.end();
    this.child.kill();
  }
}

/** The median and the best rate, in samples per second. */
export function rateOf(rounds: Record<string, number>[]): { median: number; best: number } {
  const costs = rounds.map(({ samples = 0, seconds = 1 }) => seconds / samples);
  return { median: 1 / median(costs), best: 1 / Math.min(...costs) };
}
