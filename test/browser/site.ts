// A server of static files for tests. It listens on 127.0.0.1 only.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import sirv from "sirv";

/** Headers for cross-origin isolation, which browsers require for shared memory. */
export const ISOLATED = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
  "Cross-Origin-Resource-Policy": "same-origin",
};

/** The header with a content security policy of these directives. */
export function policy(...directives: string[]): Record<string, string> {
  return { "Content-Security-Policy": directives.join("; ") };
}

export interface SiteOptions {
  /** Contents by path in the site, such as `app/main.js`. */
  files?: Record<string, string | Uint8Array>;
  /** Folders on disk. `files` take precedence, then earlier folders. */
  folders?: string[];
  /** Headers of every response. */
  headers?: Record<string, string>;
}

export interface Site {
  /** Such as `http://127.0.0.1:12345`, without a trailing slash. */
  address: string;
  /** Adds or replaces a file. */
  write(path: string, content: string | Uint8Array): void;
  close(): Promise<void>;
}

const EMPTY = '<!doctype html><html lang="en"><meta charset="utf-8"><title>wasmlp</title><body></body></html>';

/** Serves files and folders until closed. `/empty.html` is an empty page by default. */
export async function serve({ files = {}, folders = [], headers = {} }: SiteOptions): Promise<Site> {
  const own = mkdtempSync(join(tmpdir(), "wasmlp-site-"));
  const write: Site["write"] = (path, content) => {
    mkdirSync(dirname(join(own, path)), { recursive: true });
    writeFileSync(join(own, path), content);
  };
  for (const [path, content] of Object.entries({ "empty.html": EMPTY, ...files })) write(path, content);
  const server = createServer(answerFrom([own, ...folders], headers));
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { address, write, close: () => end(server, own) };
}

function answerFrom(folders: string[], headers: Record<string, string>): Parameters<typeof createServer>[1] {
  // `dev` reads the disk for every request, so that files can be added and changed.
  const handlers = folders.map((folder) => sirv(folder, { dev: true, etag: false }));
  return (request, response) => {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    const next = (i: number): void => {
      const handler = handlers[i];
      if (handler) handler(request, response, () => next(i + 1));
      // Browsers request an icon on their own and would log an error.
      else response.writeHead(request.url === "/favicon.ico" ? 204 : 404).end();
    };
    next(0);
  };
}

function end(server: Server, folder: string): Promise<void> {
  // Browsers keep connections open, and `close` alone would wait for them.
  server.closeAllConnections();
  rmSync(folder, { recursive: true, force: true });
  return new Promise((closed) => server.close(() => closed()));
}
