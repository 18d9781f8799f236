// Programs to which something happens at a moment of their own work, however fast or busy the machine is.

import { join } from "node:path";
import { env } from "node:process";

/** A moment: `text` (a regular expression) has been printed on stderr `times` times, and the clock read `calls` times since. */
interface Moment {
  text?: string;
  /** Default 1. */
  times?: number;
  /** Default 0. A step of training reads the clock once or a few times. */
  calls?: number;
}

/** The environment of a program that runs the code `act` at a moment; `require` is there. */
export function atMoment(moment: Moment, act: string): NodeJS.ProcessEnv {
  const hook = `--require ${JSON.stringify(join(import.meta.dirname, "moment.cjs"))}`;
  return {
    ...env,
    NODE_OPTIONS: `${env.NODE_OPTIONS ?? ""} ${hook}`,
    WASMLP_MOMENT: JSON.stringify({ ...moment, act }),
  };
}

/** Code with which a program sends itself a signal. */
export function signal(name: NodeJS.Signals): string {
  return `process.kill(process.pid, "${name}")`;
}
