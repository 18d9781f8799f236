// Engines that do not compile WebAssembly from bytes, as at the edge: the kernels are a module that the platform compiled.

import { readFileSync } from "node:fs";
import { runInNewContext } from "node:vm";
import { afterEach, beforeEach, expect, it, vi } from "vitest";

const BYTES = readFileSync(new URL("../../build/simd.wasm", import.meta.url));
const OPTIONS = { inputs: 2, layers: [{ units: 3, activation: "sigmoid" }], loss: "quadratic", threads: 1 } as const;

/** A copy of the library for each test, since what `init` is given stays. */
async function library() {
  vi.resetModules();
  return import("../../src/index.js");
}

beforeEach(() => {
  const refused = new WebAssembly.CompileError("WebAssembly.compile(): Wasm code generation disallowed by embedder");
  vi.spyOn(WebAssembly, "compile").mockImplementation(() => Promise.reject(refused));
  // The engine has relaxed SIMD, for which the embedded kernels would have to be compiled.
  vi.spyOn(WebAssembly, "validate").mockReturnValue(true);
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

it("networks run with one module, deterministic or not", async () => {
  const { init, Network } = await library();
  await init({ wasm: { simd: new WebAssembly.Module(BYTES) } });
  const outputs = [];
  for (const deterministic of [false, true]) {
    const network = await Network.create({ ...OPTIONS, deterministic });
    expect(network.build).toBe("simd");
    outputs.push([...network.predict([1, 2])]);
  }
  expect(outputs[0]).toEqual(outputs[1]);
});

it("networks run with a module of another realm, as in Next's edge runtime", async () => {
  const { init, Network } = await library();
  const simd = runInNewContext("new WebAssembly.Module(bytes)", { bytes: BYTES });
  expect(simd).not.toBeInstanceOf(WebAssembly.Module);
  await init({ wasm: { simd } });
  const network = await Network.create(OPTIONS);
  expect(network.predict([1, 2])).toHaveLength(3);
});

it("without one, the error says which", async () => {
  const { Network } = await library();
  const sentence = /^the kernels could not be compiled: .*disallowed by embedder; .*wasmlp\/simd\.wasm.*init\(/;
  await expect(Network.create(OPTIONS)).rejects.toThrow(sentence);
});

it("an engine without WebAssembly is named as such", async () => {
  const { Network } = await library();
  vi.stubGlobal("WebAssembly", undefined);
  await expect(Network.create(OPTIONS)).rejects.toThrow(
    "this JavaScript engine has no WebAssembly, which wasmlp needs",
  );
});
