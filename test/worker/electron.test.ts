// A page of Electron has `node:worker_threads`, but its engine cannot start threads of Node: the Web Worker is taken.

import { afterEach, expect, it, vi } from "vitest";
import { canSpawn, spawn, usedScript, useScript } from "../../src/threads/spawn.js";

const started: string[] = [];
class WebWorker {
  constructor(address: string) {
    started.push(address);
  }
  terminate(): void {}
}

/** Node's module as it is on a page of Electron. */
class ThrowingWorker {
  constructor() {
    throw new Error("the V8 platform used by this instance of Node does not support creating Workers");
  }
}

function electron(type: string): void {
  vi.stubGlobal("process", {
    ...{ type, execArgv: [], execPath: process.execPath, arch: process.arch },
    versions: { node: "22.0.0", electron: "40.0.0" },
    getBuiltinModule: () => ({ Worker: ThrowingWorker, parentPort: null }),
  });
  vi.stubGlobal("Worker", WebWorker);
}

afterEach(() => {
  useScript(undefined);
  started.length = 0;
  vi.unstubAllGlobals();
});

it.each(["renderer", "worker"])("starts Web Workers in Electron's %s", (type) => {
  electron(type);
  expect(canSpawn()).toBe(true);
  useScript("https://example.org/script.js");
  expect(usedScript()).toBe("https://example.org/script.js");
  spawn("", "one", { message: vi.fn(), gone: vi.fn() });
  expect(started).toEqual(["https://example.org/script.js"]);
});

it("starts threads of Node in Electron's main process", () => {
  electron("browser");
  expect(() => spawn("", "one", { message: vi.fn(), gone: vi.fn() })).toThrow("does not support creating Workers");
  expect(started).toEqual([]);
});
