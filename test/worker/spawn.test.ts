// Events of a browser's worker, on an engine without Node's workers.

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

it("an error in a worker is not reported as an error of the page", () => {
  const { worker, gone } = start();
  const preventDefault = vi.fn();
  worker.onerror?.({ message: "boom", preventDefault });
  expect(preventDefault).toHaveBeenCalledOnce();
  expect(gone).toHaveBeenCalledWith('it failed with "boom"');
});

it("names the address of a script that cannot be loaded or fails", () => {
  useScript("https://example.org/script.js");
  const { worker, gone } = start();
  expect(worker.address).toBe("https://example.org/script.js");
  worker.onerror?.({ preventDefault: () => {} });
  worker.onerror?.({ message: "boom", preventDefault: () => {} });
  expect(gone.mock.calls).toEqual([
    ["the script https://example.org/script.js could not be loaded"],
    ['it failed with "boom" in https://example.org/script.js'],
  ]);
});

it("says what to do where a blob: address is not allowed", () => {
  const { worker, gone } = start();
  worker.onerror?.({ preventDefault: () => {} });
  expect(gone).toHaveBeenCalledWith(expect.stringMatching(/blob: address.*init\(\{ workerUrl \}\)/));
});

it("says what works without workers where there are none", () => {
  vi.stubGlobal("Worker", undefined);
  vi.spyOn(process, "getBuiltinModule").mockReturnValue(undefined as never);
  expect(() => spawn("source", "name", { message: vi.fn(), gone: vi.fn() })).toThrow(
    /has no workers.*"wasmlp" does not/,
  );
});

it("ends a worker after a message that cannot be read", () => {
  const { worker, gone } = start();
  worker.onmessageerror?.();
  expect(gone).toHaveBeenCalledWith('it failed with "a message could not be read"');
});

it("revokes the blob: address once the script runs, and passes on every message", () => {
  const revoke = vi.spyOn(URL, "revokeObjectURL");
  const { worker, message } = start();
  expect(worker.address).toMatch(/^blob:/);
  expect(revoke).not.toHaveBeenCalled();
  for (const data of ["ready", 1, 2]) worker.onmessage?.({ data });
  expect(message.mock.calls).toEqual([["ready"], [1], [2]]);
  expect(revoke.mock.calls).toEqual([[worker.address]]);
});
