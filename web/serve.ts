// Serves the page on this machine: node build/demo.js [--port N] [--no-isolation]

import { createHash } from "node:crypto";
import { readdirSync, readFileSync, realpathSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, relative, resolve, sep } from "node:path";
import { argv, exit, stderr, stdout } from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

/** Listens on the loopback interface only, so that other machines cannot connect. */
const HOST = "127.0.0.1";
const [FIRST_PORT, PORTS_TRIED] = [8080, 50];

/**
 * Content security policy with the minimum that the page needs: its own files, compiling WebAssembly, and workers from blob
 * URLs, which the library starts. It forbids requests to other hosts, evaluating strings as code, and framing by other pages.
 */
const POLICY = [
  "default-src 'self'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "worker-src 'self' blob:",
  "style-src 'self'",
  "img-src 'self'",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const HEADERS = {
  "Content-Security-Policy": POLICY,
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
};
/** Cross-origin isolation, which browsers require for memory shared between threads. */
const ISOLATION = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
  "Cross-Origin-Resource-Policy": "same-origin",
};

export interface DemoOptions {
  /** Folder of the built page; its files are read once, at the start. */
  folder: string;
  /** First port to try; the following ports are tried if it is in use. 0 selects any free port. */
  port: number;
  /** Whether to send the headers for cross-origin isolation. */
  isolation: boolean;
}

/** Starts the server and waits until it listens. Throws if the folder has no index.html or no port is free. */
export async function startDemo({ folder, port, isolation }: DemoOptions): Promise<Server> {
  const server = createServer(handler(folder, { ...HEADERS, ...(isolation ? ISOLATION : {}) }));
  // Connections that send nothing are closed.
  server.headersTimeout = 10_000;
  server.requestTimeout = 20_000;
  for (let tried = port; ; tried++) {
    try {
      return await listen(server, tried);
    } catch (error) {
      const isTaken = (error as NodeJS.ErrnoException).code === "EADDRINUSE";
      if (!isTaken || tried === port + PORTS_TRIED) throw error;
    }
  }
}

function listen(server: Server, port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, HOST, () => {
      server.off("error", reject);
      resolve(server);
    });
  });
}

function handler(folder: string, headers: Record<string, string>) {
  const files = readFolder(folder);
  return ({ method, url = "", headers: asked }: IncomingMessage, response: ServerResponse): void => {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    const file = files.get(pathOf(url));
    if (method !== "GET" && method !== "HEAD") {
      response.setHeader("Allow", "GET, HEAD");
      refuse(response, 405, "only GET and HEAD are served");
    } else if (!file) refuse(response, 404, "there is no such file");
    else send(response, file, asked);
  };
}

function send(response: ServerResponse, file: ServedFile, asked: IncomingMessage["headers"]): void {
  response.setHeader("Cache-Control", file.isHashed ? "public, max-age=31536000, immutable" : "no-cache");
  response.setHeader("ETag", file.tag);
  response.setHeader("Vary", "Accept-Encoding");
  if (namesTag(asked["if-none-match"], file.tag)) {
    response.writeHead(304).end();
    return;
  }
  const coding = CODINGS.find(({ name }) => accepts(asked["accept-encoding"], name));
  const packed = coding && packedBy(file, coding);
  if (packed) response.setHeader("Content-Encoding", coding.name);
  const body = packed ?? file.body;
  response.writeHead(200, { "Content-Type": file.type, "Content-Length": body.length }).end(body);
}

/** Whether an `If-None-Match` names the tag. Weak tags count as equal, as RFC 9110 asks for it. */
function namesTag(names: string | undefined, tag: string): boolean {
  return names === "*" || names?.split(",").some((name) => name.trim().replace(/^W\//, "") === tag) === true;
}

/** The best brotli quality that packs the page's weights within a blink; the highest takes ten times as long for a few per cent. */
const BROTLI = { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } };
/** The compressions that are offered, the best first. */
const CODINGS = [
  { name: "br", pack: (body: Buffer) => brotliCompressSync(body, BROTLI) },
  { name: "gzip", pack: (body: Buffer) => gzipSync(body, { level: 9 }) },
];

/** Whether an `Accept-Encoding` lists the coding, and not with the weight 0. */
function accepts(codings: string | undefined, coding: string): boolean {
  return new RegExp(`(^|,)\\s*${coding}\\s*(;\\s*q=(1|0\\.\\d*[1-9]))?\\s*(,|$)`, "i").test(codings ?? "");
}

/** Types of text. MNIST and the samples are compressed already, and to try it once more would hold up all requests for seconds. */
const PACKABLE = /^(text\/|image\/svg)/;

/** A compressed file is sent only if it is that much smaller. */
const MAX_PACKED_SHARE = 0.9;

/** The file's compressed bytes, made at the first request for them; undefined if compression is not worth it. */
function packedBy(file: ServedFile, { name, pack }: (typeof CODINGS)[number]): Buffer | undefined {
  if (!PACKABLE.test(file.type)) return undefined;
  if (!file.packed.has(name)) {
    const packed = pack(file.body);
    file.packed.set(name, packed.length < MAX_PACKED_SHARE * file.body.length ? packed : undefined);
  }
  return file.packed.get(name);
}

interface ServedFile {
  body: Buffer;
  type: string;
  /** A strong entity tag, with its quotes. */
  tag: string;
  /** Whether the name has a hash of the content, so that the file of this name never changes. */
  isHashed: boolean;
  /** Compressed bytes by coding; undefined where compression is not worth it. */
  packed: Map<string, Buffer | undefined>;
}

/** Names that esbuild gives to chunks. */
const HASHED = /-[A-Z0-9]{8}\.(js|css)$/;

const TYPES: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
};

/**
 * The files of a folder by URL path, read into memory (about 12 MB). No request opens a file, so no crafted path can reach
 * outside the folder. Symbolic links are skipped because they may point outside.
 */
function readFolder(folder: string): Map<string, ServedFile> {
  const files = new Map<string, ServedFile>();
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    files.set(`/${relative(folder, file).split(sep).join("/")}`, served(entry.name, readFileSync(file)));
  }
  const index = files.get("/index.html");
  if (!index) throw new Error(`${folder} holds no page: build it with "node build.mjs --web"`);
  return files.set("/", index);
}

function served(name: string, body: Buffer): ServedFile {
  const type = TYPES[extname(name)] ?? "application/octet-stream";
  const tag = `"${createHash("sha256").update(body).digest("base64url").slice(0, 22)}"`;
  return { body, type, tag, isHashed: HASHED.test(name), packed: new Map() };
}

/** The path without the query. It is not decoded: no file of the page has a name that needs it. */
function pathOf(url: string): string {
  return url.split("?", 1)[0] as string;
}

function refuse(response: ServerResponse, status: number, sentence: string): void {
  response.writeHead(status, { "Content-Type": "text/plain; charset=utf-8" });
  response.end(`${sentence}\n`);
}

function readOptions(): { port: number; isolation: boolean } {
  const { values } = parseArgs({ options: { port: { type: "string" }, "no-isolation": { type: "boolean" } } });
  const port = Number(values.port ?? FIRST_PORT);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new RangeError(`"--port" must be a whole number from 0 to 65535, got ${values.port}`);
  }
  return { port, isolation: !values["no-isolation"] };
}

async function main(): Promise<void> {
  const folder = resolve(fileURLToPath(import.meta.url), "../web");
  const server = await startDemo({ folder, ...readOptions() });
  stdout.write(`http://${HOST}:${(server.address() as AddressInfo).port}/ (press Ctrl-C to stop)\n`);
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => end(server));
}

/** Browsers keep connections open, and `close` alone would wait for them. */
function end(server: Server): void {
  server.close();
  server.closeAllConnections();
}

function isStarted(): boolean {
  return argv[1] !== undefined && realpathSync(argv[1]) === fileURLToPath(import.meta.url);
}

if (isStarted()) {
  await main().catch((error: Error) => {
    stderr.write(`${error.message}\n`);
    exit(1);
  });
}
