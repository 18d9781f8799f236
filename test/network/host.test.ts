import { deflateSync } from "node:zlib";
import { afterEach, describe, expect, it } from "vitest";
import { nodeMajorOnX64, nodeThreads, processors, startedWith, unpack } from "../../src/host.js";

const { getBuiltinModule } = process;
afterEach(() => {
  process.getBuiltinModule = getBuiltinModule;
});

/** As in a browser, or in a Node before 20.16. */
function withoutBuiltins(): void {
  process.getBuiltinModule = undefined as never;
}

describe("the host", () => {
  const bytes = Uint8Array.from({ length: 100_000 }, (_, i) => (i * i) >> 3);
  const packed = deflateSync(bytes);

  it("decompresses with Node's module and with the streams of browsers", async () => {
    expect(await unpack(packed.toString("base64"))).toEqual(bytes);
    withoutBuiltins();
    expect(await unpack(packed.toString("base64"))).toEqual(bytes);
  });

  it("refuses bytes that are not deflated, with either", async () => {
    const broken = Buffer.from(packed.subarray(0, 500)).fill(255, 0, 100).toString("base64");
    await expect(unpack(broken)).rejects.toThrow();
    withoutBuiltins();
    await expect(unpack(broken)).rejects.toThrow();
  });

  it("has threads in Node, and a number of processors everywhere", () => {
    expect(nodeThreads()?.Worker).toBeTypeOf("function");
    expect(nodeMajorOnX64()).toBe(process.arch === "x64" ? Number.parseInt(process.versions.node, 10) : 0);
    expect(processors()).toBeGreaterThan(0);
    withoutBuiltins();
    expect(nodeThreads()).toBeUndefined();
    expect(processors()).toBeGreaterThan(0);
  });

  it("knows the options that the process was started with", () => {
    expect(startedWith("--no-such-option")).toBe(false);
    process.execArgv.push("--no-such-option");
    expect(startedWith("--no-such-option")).toBe(true);
    process.execArgv.pop();
  });
});
