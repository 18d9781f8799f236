// Ctrl-C and SIGTERM while there is something to save.

const SIGNALS = ["SIGINT", "SIGTERM"] as const;
type StopSignal = (typeof SIGNALS)[number];
const EXIT_CODES: Record<StopSignal, number> = { SIGINT: 130, SIGTERM: 143 };

/** Under npx, one Ctrl-C comes twice: from the terminal, and passed on by npm. */
const ECHO_MILLISECONDS = 250;

/** Why training stopped early; the reason of the aborted signal. */
export class Interruption extends Error {
  readonly exitCode: number;

  constructor(signal: StopSignal) {
    super(signal === "SIGINT" ? "stopped by Ctrl-C" : `stopped by ${signal}`);
    this.exitCode = EXIT_CODES[signal];
  }
}

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
