// What a browser's worker tells, on an engine that has no workers of Node's.

import { afterEach, expect, it, vi } from "vitest";
import { spawn, useScript } from "../../src/threads/spawn.js";

class BrowserWorker {
  static last: BrowserWorker;
  onmessage: ((event: { data: unknown }) => void) | undefined;
  onerror: ((event: { message?: string; preventDefault(): void }) => void) | undefined;
  onmessageerror: (() => void) | undefined;

  constructor(readonly address: string) {
    BrowserWorker.last = this;
  }
}

function start() {
  vi.spyOn(process, "getBuiltinModule").mockReturnValue(undefined as never);
  vi.stubGlobal("Worker", BrowserWorker);
  const events = { message: vi.fn(), gone: vi.fn() };
  spawn("source", "name", events);
  return { worker: BrowserWorker.last, ...events };
}

afterEach(() => {
  useScript(undefined);
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

it("keeps an error of a worker from being one of whoever started it", () => {
  const { worker, gone } = start();
  const preventDefault = vi.fn();
  worker.onerror?.({ message: "boom", preventDefault });
  expect(preventDefault).toHaveBeenCalledOnce();
  expect(gone).toHaveBeenCalledWith('it failed with "boom"');
});

it("tells of a script that cannot be had or fails by its address", () => {
  useScript("https://example.org/script.js");
  const { worker, gone } = start();
  expect(worker.address).toBe("https://example.org/script.js");
  worker.onerror?.({ preventDefault: () => {} });
  worker.onerror?.({ message: "boom", preventDefault: () => {} });
  expect(gone.mock.calls).toEqual([
    ["https://example.org/script.js is no script that can be run"],
    ['it failed with "boom" in https://example.org/script.js'],
  ]);
});

it("tells what to do where its text may not be run", () => {
  const { worker, gone } = start();
  worker.onerror?.({ preventDefault: () => {} });
  expect(gone).toHaveBeenCalledWith(expect.stringMatching(/blob: address.*init\(\{ workerUrl \}\)/));
});

it("tells what does without workers where there are none", () => {
  vi.stubGlobal("Worker", undefined);
  vi.spyOn(process, "getBuiltinModule").mockReturnValue(undefined as never);
  expect(() => spawn("source", "name", { message: vi.fn(), gone: vi.fn() })).toThrow(
    /no workers here.*"wasmlp" does not/,
  );
});

it("gives up a worker whose message is lost", () => {
  const { worker, gone } = start();
  worker.onmessageerror?.();
  expect(gone).toHaveBeenCalledWith('it failed with "a message could not be read"');
});

it("lets go of the address of its text once that runs, and hands on every message", () => {
  const revoke = vi.spyOn(URL, "revokeObjectURL");
  const { worker, message } = start();
  expect(worker.address).toMatch(/^blob:/);
  expect(revoke).not.toHaveBeenCalled();
  for (const data of ["ready", 1, 2]) worker.onmessage?.({ data });
  expect(message.mock.calls).toEqual([["ready"], [1], [2]]);
  expect(revoke.mock.calls).toEqual([[worker.address]]);
});
