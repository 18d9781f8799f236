// Optional settings before the first network is created: where the kernels come from, and which script workers run.

import { checkOptions, rangeError, shown, typeError } from "./check.js";
import type { GlobalType } from "./globals.js";
import type { Build } from "./kernels/features.js";
import { checkBinary, type KernelModule, supplyKernels } from "./kernels/modules.js";
import { messageOf, tagOf } from "./kinds.js";
import { useScript } from "./threads/spawn.js";

/**
 * A file of kernels, such as `wasmlp/simd.wasm`: its bytes, a compiled module, a response with it, or the address from
 * which it is fetched. With a module, networks use one thread, since it was compiled for memory that is not shared.
 */
export type KernelSource =
  | ArrayBuffer
  | ArrayBufferView
  | KernelModule
  | GlobalType<"Response">
  | GlobalType<"URL">
  | string;

/** Settings for all networks that are created afterwards. */
export interface InitOptions {
  /** Kernels to use instead of those embedded in the library; default: the embedded ones. */
  wasm?: {
    /**
     * For engines without relaxed SIMD and for deterministic networks, and for all networks if `relaxed` is never given;
     * default: the embedded kernels.
     */
    simd?: KernelSource;
    /** For engines with relaxed SIMD; default: the embedded kernels. */
    relaxed?: KernelSource;
  };
  /**
   * In browsers, the address of a copy of `wasmlp/worker-script` that workers run. It must be of the page's own origin
   * and of this version, otherwise `Network.create` of `wasmlp/worker` fails. By default, workers run a script embedded
   * in the library from a `blob:` address, which a page's content-security-policy may forbid.
   */
  workerUrl?: string | GlobalType<"URL">;
}

/**
 * Applies settings to all networks that are created afterwards. Rejects with a TypeError or RangeError that names an
 * invalid option, or with an Error if something could not be fetched; then nothing has changed.
 */
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

/** The absolute form of an address, which may be relative to the page. */
function addressOf(value: unknown, title: string): string {
  if (typeof value !== "string" && tagOf(value) !== "URL") {
    throw typeError(title, `must be an address, got ${shown(value)}`);
  }
  const base = (globalThis as { document?: { baseURI: string } }).document?.baseURI ?? globalThis.location?.href;
  try {
    return new URL(value as string | URL, base).href;
  } catch (cause) {
    throw rangeError(title, `must be an address, got ${shown(String(value))}`, { cause });
  }
}

/** The content of an address or a response; other sources unchanged. */
async function bytesOf(source: unknown, title: string): Promise<unknown> {
  if (typeof source === "string" || tagOf(source) === "URL") return fetchBytes(addressOf(source, title), title);
  return tagOf(source) === "Response" ? bodyOf(source as Response, title) : source;
}

async function fetchBytes(address: string, title: string): Promise<ArrayBuffer> {
  const response = await fetch(address).catch((cause) => {
    throw new Error(`"${title}" could not be fetched from ${address}: ${messageOf(cause)}`, { cause });
  });
  return bodyOf(response, title);
}

async function bodyOf(response: Response, title: string): Promise<ArrayBuffer> {
  const { ok, status, url } = response;
  if (!ok) throw new Error(`"${title}" could not be fetched: ${url || "the server"} answered ${status}`);
  return response.arrayBuffer().catch((cause) => {
    throw new Error(`"${title}" could not be read: ${messageOf(cause)}`, { cause });
  });
}
