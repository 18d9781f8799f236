// Stopping by a signal (Ctrl-C, SIGTERM, a closed terminal) while there is something to save.

import { isatty } from "node:tty";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
type StopSignal = (typeof SIGNALS)[number];
/** 128 plus the number of the signal, as shells report it. */
const EXIT_CODES: Record<StopSignal, number> = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 };

/** Under npx one Ctrl-C arrives twice, from the terminal and forwarded by npm. Within this time it counts as one. */
const ECHO_MILLISECONDS = 250;

/** The reason of the aborted signal: which system signal stopped the training. */
export class Interruption extends Error {
  constructor(private readonly signal: StopSignal) {
    super(signal === "SIGINT" ? "stopped by Ctrl-C" : `stopped by ${signal}`);
  }

  /** Sets the exit code that the signal would have caused. Call it last, after `release`. */
  end(): void {
    process.exitCode = EXIT_CODES[this.signal];
    // At exit Node restores the terminal's settings, and aborts with a core dump if the terminal is gone. Dying by the
    // signal avoids that.
    if (this.signal === "SIGHUP" && hadTerminal) process.kill(process.pid, "SIGHUP");
  }
}

/** Read at the start, because `isatty` is false once the terminal is gone. */
const hadTerminal = [0, 1, 2].some((stream) => isatty(stream));

/**
 * The first system signal aborts `signal` with an `Interruption`; a second one has its default effect and ends the process.
 * `release` removes the listeners.
 */
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
