// What can be set up before the first network: where the kernels come from, and the script that workers run. Nothing needs to be.

import { checkOptions, shown } from "./check.js";
import type { Build } from "./kernels/features.js";
import { checkBinary, type KernelModule, supplyKernels } from "./kernels/modules.js";
import { useScript } from "./threads/spawn.js";

/**
 * A file of kernels, such as `wasmlp/simd.wasm`: its bytes, a module compiled of it, the response that brings it, or the address
 * that it is fetched from. A module has one thread, for it is compiled for a memory that is not shared.
 */
export type KernelSource = ArrayBuffer | ArrayBufferView | KernelModule | Response | URL | string;

export interface InitOptions {
  /** Kernels in place of those that the library carries in its code. An engine takes `relaxed` where it can, else `simd`. */
  wasm?: { simd?: KernelSource; relaxed?: KernelSource };
  /**
   * In browsers, the address of a copy of `wasmlp/worker-script`, which workers then run: on the page's own site and of this
   * version, or else `Network.create` of `wasmlp/worker` fails. Unless told they run a text that the library carries, by a
   * `blob:` address, which a page's policy may forbid.
   */
  workerUrl?: string | URL;
}

/** Sets the library up for all networks made after it. TypeError or RangeError names the option at fault; Error what failed. */
export async function init(options: InitOptions): Promise<void> {
  const { wasm = {}, workerUrl } = checkOptions(options, "options", ["wasm", "workerUrl"]);
  const sources = checkOptions(wasm, "wasm", ["simd", "relaxed"]);
  const script = workerUrl === undefined ? undefined : addressOf(workerUrl, "workerUrl");
  const named = Object.entries(sources).filter(([, source]) => source !== undefined) as [Build, unknown][];
  const binaries = await Promise.all(
    named.map(async ([build, source]) => {
      const title = `wasm.${build}`;
      return [build, checkBinary(build, await bytesOf(source, title), title)] as const;
    }),
  );
  for (const [build, binary] of binaries) supplyKernels(build, binary);
  if (script !== undefined) useScript(script);
}

/** A full address, from one that may be relative to the page. */
function addressOf(value: unknown, title: string): string {
  if (typeof value !== "string" && !(value instanceof URL)) {
    throw new TypeError(`"${title}" must be an address, got ${shown(value)}`);
  }
  const base = (globalThis as { document?: { baseURI: string } }).document?.baseURI ?? globalThis.location?.href;
  try {
    return new URL(value, base).href;
  } catch (cause) {
    throw new RangeError(`"${title}" must be an address, got ${shown(String(value))}`, { cause });
  }
}

/** What a source holds, if it is an address or a response; else the source. */
async function bytesOf(source: unknown, title: string): Promise<unknown> {
  if (typeof source === "string" || source instanceof URL) return fetchBytes(addressOf(source, title), title);
  return typeof Response === "function" && source instanceof Response ? bodyOf(source, title) : source;
}

async function fetchBytes(address: string, title: string): Promise<ArrayBuffer> {
  const response = await fetch(address).catch((cause) => {
    throw new Error(`"${title}" cannot be fetched from ${address}: ${(cause as Error).message}`, { cause });
  });
  return bodyOf(response, title);
}

async function bodyOf(response: Response, title: string): Promise<ArrayBuffer> {
  const { ok, status, url } = response;
  if (!ok) throw new Error(`"${title}" cannot be had: ${url || "the server"} answered ${status}`);
  return response.arrayBuffer().catch((cause) => {
    throw new Error(`"${title}" cannot be read: ${(cause as Error).message}`, { cause });
  });
}
