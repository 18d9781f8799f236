// A helping thread's own side: says that it runs, then joins whatever it is invited to until told to stop.

import { nodeThreads } from "./host.js";
import { joinKernels } from "./kernels.js";
import { Pass } from "./pass.js";
import type { Invitation } from "./threads.js";

/** Milliseconds between two looks whether anything has happened that no one woke it for. */
const PATIENCE = 1000;

interface Port {
  postMessage(message: string): void;
}

function join({ module, memory, wide, spec, plan, thread, threads, spins }: Invitation): void {
  const kernels = joinKernels(module, memory);
  new Pass(kernels, spec, plan, memory, wide, { thread, threads, spins, patience: PATIENCE }).serve();
}

function listen(port: Port, on: (receive: (invitation: Invitation) => void) => void): void {
  // What fails here is the thread's end, which the other side is told of.
  on(join);
  port.postMessage("ready");
}

const parentPort = nodeThreads()?.parentPort;
if (parentPort) {
  listen(parentPort, (receive) => parentPort.on("message", (invitation) => receive(invitation as Invitation)));
} else {
  const scope = globalThis as unknown as Port & { onmessage: (event: { data: Invitation }) => void };
  listen(scope, (receive) => {
    scope.onmessage = ({ data }) => receive(data);
  });
}
