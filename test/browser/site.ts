// A server of static files for tests, on 127.0.0.1 only.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import sirv from "sirv";

/** What makes a page cross-origin isolated, and so gives it shared memory. */
export const ISOLATED = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
  "Cross-Origin-Resource-Policy": "same-origin",
};

export function policy(...directives: string[]): Record<string, string> {
  return { "Content-Security-Policy": directives.join("; ") };
}

export interface SiteOptions {
  /** Files by their path in the site, such as `app/main.js`. */
  files?: Record<string, string | Uint8Array>;
  /** Folders on disk; what is in several of them, or in `files` too, comes from the first. */
  folders?: string[];
  /** Sent with every answer. */
  headers?: Record<string, string>;
}

export interface Site {
  /** Such as `http://127.0.0.1:12345`, without a slash at its end. */
  address: string;
  /** Puts one more file there, or another in its place. */
  write(path: string, content: string | Uint8Array): void;
  close(): Promise<void>;
}

const EMPTY = '<!doctype html><html lang="en"><meta charset="utf-8"><title>wasmlp</title><body></body></html>';

/** Serves files and folders until closed. `/empty.html` is an empty page unless told otherwise. */
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
  // Looks at the disk for every request, so that files may come and change.
  const handlers = folders.map((folder) => sirv(folder, { dev: true, etag: false }));
  return (request, response) => {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    const next = (i: number): void => {
      const handler = handlers[i];
      if (handler) handler(request, response, () => next(i + 1));
      // Browsers ask for an icon on their own, and would log that there is none.
      else response.writeHead(request.url === "/favicon.ico" ? 204 : 404).end();
    };
    next(0);
  };
}

function end(server: Server, folder: string): Promise<void> {
  // Browsers keep connections open.
  server.closeAllConnections();
  rmSync(folder, { recursive: true, force: true });
  return new Promise((closed) => server.close(() => closed()));
}
