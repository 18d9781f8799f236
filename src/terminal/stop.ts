// Ctrl-C, SIGTERM and a terminal that is closed while there is something to save.

import { isatty } from "node:tty";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
type StopSignal = (typeof SIGNALS)[number];
const EXIT_CODES: Record<StopSignal, number> = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 };

/** Under npx, one Ctrl-C comes twice: from the terminal, and passed on by npm. */
const ECHO_MILLISECONDS = 250;

/** Why training stopped early; the reason of the aborted signal. */
export class Interruption extends Error {
  constructor(private readonly signal: StopSignal) {
    super(signal === "SIGINT" ? "stopped by Ctrl-C" : `stopped by ${signal}`);
  }

  /** Ends the program as the signal would have; all must be said and the signal no longer listened for. */
  end(): void {
    process.exitCode = EXIT_CODES[this.signal];
    // At the end Node sets the terminal right, and aborts with a core dump if that is gone. The signal spares us this.
    if (this.signal === "SIGHUP" && hadTerminal) process.kill(process.pid, "SIGHUP");
  }
}

/** Asked at the beginning: a terminal that is gone is none. */
const hadTerminal = [0, 1, 2].some((stream) => isatty(stream));

/** The first signal aborts `signal`; another one ends the process at once, as it would without us. */
export function listenForStop(): { signal: AbortSignal; release: () => void } {
  const controller = new AbortController();
  const onSignal = (name: NodeJS.Signals) => {
    if (controller.signal.aborted) return;
    controller.abort(new Interruption(name as StopSignal));
    setTimeout(release, ECHO_MILLISECONDS).unref();
  };
  const release = () => {
    for (const name of SIGNALS) process.off(name, onSignal);
  };
  for (const name of SIGNALS) process.on(name, onSignal);
  return { signal: controller.signal, release };
}
