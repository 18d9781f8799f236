// Kernels that init is given replace the library's own; anything else is refused.

import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { init, Network, type NetworkOptions, sgd } from "../../src/index.js";
import { chooseBuild } from "../../src/kernels/features.js";
import { Network as RemoteNetwork } from "../../src/worker.js";
import { layersOf, stripes } from "../support/networks.js";
import { restoreWorkers, watchWorkers } from "../support/node-workers.js";

const BUILD = chooseBuild(false);
const BYTES = readFile(BUILD);
const OPTIONS: NetworkOptions = {
  inputs: 64,
  layers: layersOf([96, 4], "tanh", "softmax"),
  loss: "crossEntropy",
  seed: 4,
};
const DATA = stripes(200, 4, 1);
const FIT = { epochs: 2, batchSize: 16, optimizer: sgd({ learningRate: 0.1 }) };
let server: Server;
let address: string;
let expected: Uint8Array;

function readFile(name: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(readFileSync(new URL(`../../build/${name}.wasm`, import.meta.url)));
}

async function trained(Kind: typeof Network | typeof RemoteNetwork = Network, threads = 1): Promise<Uint8Array> {
  const network = await Kind.create({ ...OPTIONS, threads });
  await network.fit(DATA, FIT);
  const bytes = await network.toBytes();
  network.dispose();
  return bytes;
}

function usedResponse(): Response {
  const response = new Response(BYTES);
  void response.arrayBuffer();
  return response;
}

beforeAll(async () => {
  server = createServer((request, response) => {
    const isThere = request.url === "/kernels.wasm";
    response.writeHead(isThere ? 200 : 404).end(isThere ? BYTES : "<!doctype html>");
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.on("listening", resolve));
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  expected = await trained();
});
afterAll(() => void server.close());
afterEach(() => {
  restoreWorkers();
  vi.restoreAllMocks();
});

describe("kernels given to init", () => {
  it.each([
    ["bytes", () => BYTES],
    ["an ArrayBuffer", () => BYTES.buffer],
    ["a view into the middle of a buffer", () => Buffer.concat([Buffer.alloc(5), BYTES]).subarray(5)],
    ["a response", () => fetch(`${address}/kernels.wasm`)],
    ["an address", () => `${address}/kernels.wasm`],
    ["a URL", () => new URL(`${address}/kernels.wasm`)],
  ] as const)("as %s are what is compiled", async (_, source) => {
    await init({ wasm: { [BUILD]: await source() } });
    const compile = vi.spyOn(WebAssembly, "compile");
    expect(await trained()).toEqual(expected);
    expect(compile.mock.calls.map(([bytes]) => new Uint8Array(bytes as ArrayBuffer))).toEqual([BYTES]);
    expect(await trained(Network, 2)).toEqual(expected);
    // Compiled again, for a shared memory.
    expect(compile).toHaveBeenCalledTimes(2);
    expect(await trained(RemoteNetwork, 2)).toEqual(expected);
  });

  it("are all used or none", async () => {
    await trained();
    const compile = vi.spyOn(WebAssembly, "compile");
    const other = BUILD === "simd" ? "relaxed" : "simd";
    await expect(init({ wasm: { [BUILD]: BYTES, [other]: new Uint8Array(9) } })).rejects.toThrow(`"wasm.${other}"`);
    expect(await trained()).toEqual(expected);
    expect(compile).not.toHaveBeenCalled();
  });

  it("are not compiled again if they are modules, and have one thread", async () => {
    await init({ wasm: { [BUILD]: await WebAssembly.compile(BYTES) } });
    const compile = vi.spyOn(WebAssembly, "compile");
    const started = watchWorkers();
    expect(await trained(Network, 2)).toEqual(expected);
    expect(compile).not.toHaveBeenCalled();
    expect(started).toEqual([]);
    expect(await trained(RemoteNetwork, 2)).toEqual(expected);
  });

  it("are copied: the caller's bytes can change afterwards", async () => {
    const bytes = BYTES.slice();
    await init({ wasm: { [BUILD]: bytes } });
    bytes.fill(0);
    expect(await trained()).toEqual(expected);
  });

  const title = `"wasm.${BUILD}"`;
  const wanted = `${title} must be ${BUILD}.wasm of this version, ${BYTES.length} bytes, got`;
  it.each([
    [
      "nothing like it",
      () => ({ wasm: { [BUILD]: 5 } }),
      TypeError,
      `${title} must be bytes or a module of kernels, got 5`,
    ],
    [
      "a page",
      () => ({ wasm: { [BUILD]: Buffer.from("<!doctype html>") } }),
      RangeError,
      `${wanted} 15 bytes that are not WebAssembly`,
    ],
    [
      "no bytes",
      () => ({ wasm: { [BUILD]: new Uint8Array(0) } }),
      RangeError,
      `${wanted} 0 bytes that are not WebAssembly`,
    ],
    [
      "other kernels",
      () => ({ wasm: { [BUILD]: readFile("debug") } }),
      RangeError,
      `${wanted} ${readFile("debug").length} bytes`,
    ],
    ["only one of the two", () => ({ wasm: { [BUILD]: BYTES.subarray(0, 999) } }), RangeError, `${wanted} 999 bytes`],
    [
      "another module",
      () => ({ wasm: { [BUILD]: new WebAssembly.Module(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0)) } }),
      RangeError,
      `${title} must be a module of wasmlp's kernels, got another`,
    ],
    [
      "an address without a file",
      () => ({ wasm: { [BUILD]: `${address}/none.wasm` } }),
      Error,
      `/none.wasm answered 404`,
    ],
    [
      "a response that failed",
      () => ({ wasm: { [BUILD]: new Response("", { status: 500 }) } }),
      Error,
      `${title} could not be fetched: the server answered 500`,
    ],
    [
      "a Response whose body was read",
      () => ({ wasm: { [BUILD]: usedResponse() } }),
      Error,
      `${title} could not be read: `,
    ],
    [
      "no address",
      () => ({ wasm: { [BUILD]: "kernels.wasm" } }),
      RangeError,
      `${title} must be an address, got "kernels.wasm"`,
    ],
    [
      "no server",
      () => ({ wasm: { [BUILD]: "http://127.0.0.1:1/" } }),
      Error,
      `${title} could not be fetched from http://127.0.0.1:1/`,
    ],
    [
      "another build",
      () => ({ wasm: { debug: BYTES } }),
      RangeError,
      '"wasm" has no option "debug"; it takes simd, relaxed',
    ],
    ["bytes instead of an object", () => ({ wasm: BYTES }), RangeError, '"wasm" has no option "0"'],
    ["a script that is not one", () => ({ workerUrl: 7 }), TypeError, '"workerUrl" must be an address, got 7'],
    [
      "a relative script",
      () => ({ workerUrl: "./worker.js" }),
      RangeError,
      '"workerUrl" must be an address, got "./worker.js"',
    ],
    ["another option", () => ({ wams: {} }), RangeError, '"options" has no option "wams"'],
    ["no options", () => undefined, TypeError, '"options" must be an object, got undefined'],
  ])("are refused: %s", async (_, options, kind, message) => {
    const setting = init(options() as never);
    await expect(setting).rejects.toThrow(kind);
    await expect(setting).rejects.toThrow(message);
    expect(await trained()).toEqual(expected);
  });
});
