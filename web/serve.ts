// Serves the page on this machine: node build/demo.js [--port N] [--no-isolation]

import { readdirSync, readFileSync, realpathSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, relative, resolve, sep } from "node:path";
import { argv, exit, stderr, stdout } from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

/** Other machines are not served. */
const HOST = "127.0.0.1";
const [FIRST_PORT, PORTS_TRIED] = [8080, 50];

/**
 * What the page needs, and no more: its own files; WebAssembly to be compiled; workers, which the library starts from a blob.
 * Nothing is fetched from elsewhere, no text becomes code, no page frames it.
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
/** With these a browser lets threads share memory. */
const ISOLATION = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
  "Cross-Origin-Resource-Policy": "same-origin",
};

export interface DemoOptions {
  /** Its files are read once, at the start. */
  folder: string;
  /** The first port to try; where it is taken, the next ones are. 0: any that is free. */
  port: number;
  isolation: boolean;
}

/** A server that listens. Error where the folder holds no page, or no port is free. */
export async function startDemo({ folder, port, isolation }: DemoOptions): Promise<Server> {
  const server = createServer(handler(folder, { ...HEADERS, ...(isolation ? ISOLATION : {}) }));
  // Who opens a connection and says nothing is not waited for.
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
  return ({ method, url = "" }: IncomingMessage, response: ServerResponse): void => {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    const file = files.get(pathOf(url));
    if (method !== "GET" && method !== "HEAD") {
      response.setHeader("Allow", "GET, HEAD");
      refuse(response, 405, "only GET and HEAD are served");
    } else if (!file) refuse(response, 404, "there is no such file");
    else {
      // The next build's files have the same names.
      const about = { "Content-Type": file.type, "Content-Length": file.body.length, "Cache-Control": "no-cache" };
      response.writeHead(200, about).end(file.body);
    }
  };
}

interface ServedFile {
  body: Buffer;
  type: string;
}

const TYPES: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
};

/**
 * A folder's files by the paths that browsers ask for, all read at the start: they are some 12 MB, and a request, whatever it
 * asks for, then opens no file. Links, which may lead elsewhere, are no files here.
 */
function readFolder(folder: string): Map<string, ServedFile> {
  const files = new Map<string, ServedFile>();
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    const type = TYPES[extname(entry.name)] ?? "application/octet-stream";
    files.set(`/${relative(folder, file).split(sep).join("/")}`, { body: readFileSync(file), type });
  }
  const index = files.get("/index.html");
  if (!index) throw new Error(`${folder} holds no page: build it with "node build.mjs --web"`);
  return files.set("/", index);
}

/** Without what follows "?". The page's own names need no decoding, so what does is none of them. */
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
  stdout.write(`http://${HOST}:${(server.address() as AddressInfo).port}/ (Ctrl-C ends it)\n`);
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => end(server));
}

/** Browsers keep connections open, which would hold it up. */
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
