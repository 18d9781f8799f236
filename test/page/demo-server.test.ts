// The demo server: serves the page to this machine only, nothing outside its folder, and survives malformed requests.

import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { request, type Server } from "node:http";
import { type AddressInfo, connect, createServer } from "node:net";
import { networkInterfaces, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startDemo } from "../../web/serve.js";

const SECRET = "content outside the folder";
const CHUNK = `export const words = [${"'the same', ".repeat(200)}];`;
const PAGE = "<!doctype html><title>the page</title>";

const home = mkdtempSync(join(tmpdir(), "wasmlp-demo-"));
const folder = join(home, "web");
let server: Server;
let port: number;

beforeAll(async () => {
  mkdirSync(join(folder, "part"), { recursive: true });
  writeFileSync(join(home, "secret.txt"), SECRET);
  writeFileSync(join(home, "package.json"), SECRET);
  writeFileSync(join(folder, "index.html"), PAGE);
  writeFileSync(join(folder, "main.js"), "export {};");
  writeFileSync(join(folder, "style.css"), "a {}");
  writeFileSync(join(folder, "icon.svg"), "<svg/>");
  writeFileSync(join(folder, "mnist.bin"), Uint8Array.of(0, 1, 255));
  writeFileSync(join(folder, "samples.bin"), new Uint8Array(10_000));
  writeFileSync(join(folder, "chunk-ABCD1234.js"), CHUNK);
  writeFileSync(join(folder, "part/inner.js"), "export {};");
  symlinkSync(join(home, "secret.txt"), join(folder, "link.txt"));
  symlinkSync(home, join(folder, "out"));
  server = await startDemo({ folder, port: 0, isolation: true });
  port = portOf(server);
});

afterAll(async () => {
  server.closeAllConnections();
  await new Promise((closed) => server.close(closed));
  rmSync(home, { recursive: true });
});

function portOf(listening: Server): number {
  return (listening.address() as AddressInfo).port;
}

/** Sends raw bytes over a TCP connection; resolves to the answer when it is whole or the server closes the connection. */
function send(bytes: string | Uint8Array): Promise<string> {
  return new Promise((done) => {
    let answer = "";
    const socket = connect(port, "127.0.0.1", () => socket.write(bytes));
    const end = () => {
      socket.destroy();
      done(answer);
    };
    socket.on("data", (data) => {
      answer += data.toString("latin1");
      if (isWhole(answer)) end();
    });
    socket.on("close", end).on("error", end);
  });
}

/** Whether an answer has as many bytes as its header says. */
function isWhole(answer: string): boolean {
  const [header = "", body] = answer.split("\r\n\r\n", 2);
  return body !== undefined && body.length >= Number(header.match(/^content-length: (\d+)/im)?.[1] ?? Infinity);
}

function ask(target: string, more = ""): Promise<string> {
  return send(`GET ${target} HTTP/1.1\r\nHost: localhost\r\n${more}Connection: close\r\n\r\n`);
}

function status(answer: string): number {
  return Number(answer.match(/^HTTP\/1\.1 (\d+)/)?.[1]);
}

async function expectServing(): Promise<void> {
  const answer = await fetch(`http://127.0.0.1:${port}/`);
  expect([answer.status, await answer.text()]).toEqual([200, PAGE]);
}

describe("the demo server sends", () => {
  it.each([
    ["/", "text/html; charset=utf-8"],
    ["/index.html", "text/html; charset=utf-8"],
    ["/main.js", "text/javascript; charset=utf-8"],
    ["/style.css", "text/css; charset=utf-8"],
    ["/icon.svg", "image/svg+xml"],
    ["/mnist.bin", "application/octet-stream"],
    ["/part/inner.js?x=../../secret.txt", "text/javascript; charset=utf-8"],
  ])("%s as %s", async (path, type) => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`);
    expect([answer.status, answer.headers.get("content-type")]).toEqual([200, type]);
  });

  it("every byte for GET, and none for HEAD", async () => {
    const answer = await fetch(`http://127.0.0.1:${port}/mnist.bin`);
    expect(new Uint8Array(await answer.arrayBuffer())).toEqual(Uint8Array.of(0, 1, 255));
    const head = await fetch(`http://127.0.0.1:${port}/mnist.bin`, { method: "HEAD" });
    expect([head.status, head.headers.get("content-length"), await head.text()]).toEqual([200, "3", ""]);
  });

  it("headers for cross-origin isolation and a strict content security policy", async () => {
    const { headers } = await fetch(`http://127.0.0.1:${port}/`);
    expect(headers.get("cross-origin-opener-policy")).toBe("same-origin");
    expect(headers.get("cross-origin-embedder-policy")).toBe("require-corp");
    expect(headers.get("cross-origin-resource-policy")).toBe("same-origin");
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    const policy = headers.get("content-security-policy")?.split("; ");
    expect(policy).toEqual(expect.arrayContaining(["default-src 'self'", "script-src 'self' 'wasm-unsafe-eval'"]));
    expect(policy?.join()).not.toMatch(/unsafe-inline|'unsafe-eval'|\*|https?:/);
  });

  it("no isolation headers if they are turned off, but still the policy", async () => {
    const open = await startDemo({ folder, port: 0, isolation: false });
    const { headers } = await fetch(`http://127.0.0.1:${portOf(open)}/`);
    expect([...headers.keys()].filter((name) => name.startsWith("cross-origin"))).toEqual([]);
    expect(headers.get("content-security-policy")).toContain("default-src 'self'");
    open.closeAllConnections();
    open.close();
  });
});

describe("the demo server spares transfers:", () => {
  /** Asks without fetch, which would unpack the answer. */
  const head = async (path: string, more = "") => {
    const answer = await ask(path, more);
    const [lines = "", body = ""] = answer.split(/\r\n\r\n(.*)/s);
    const header = (name: string) => lines.match(new RegExp(`^${name}: (.*)\r?$`, "im"))?.[1]?.trim();
    return { status: status(answer), header, body: Buffer.from(body, "latin1") };
  };

  it("a file that the browser has is answered with 304", async () => {
    const first = await head("/main.js");
    const tag = first.header("etag") as string;
    expect([first.header("cache-control"), tag]).toEqual(["no-cache", expect.stringMatching(/^"[\w-]{22}"$/)]);
    for (const known of [tag, `W/${tag}`, `"other", ${tag}`, "*"]) {
      const again = await head("/main.js", `If-None-Match: ${known}\r\n`);
      expect([again.status, again.header("etag"), again.body.length]).toEqual([304, tag, 0]);
    }
    expect((await head("/main.js", 'If-None-Match: "other"\r\n')).status).toBe(200);
  });

  it("a file with a hash in its name is kept for ever, a page is not", async () => {
    expect((await head("/chunk-ABCD1234.js")).header("cache-control")).toBe("public, max-age=31536000, immutable");
    for (const path of ["/", "/mnist.bin", "/part/inner.js"])
      expect((await head(path)).header("cache-control")).toBe("no-cache");
  });

  it.each([
    ["br, gzip", "br"],
    ["gzip, deflate", "gzip"],
    ["br;q=0, gzip;q=0.5", "gzip"],
    ["GZIP", "gzip"],
    ["brotli, xgzip", undefined],
    ["", undefined],
  ])("text is compressed for Accept-Encoding %j by %s", async (accepted, coding) => {
    const plain = await head("/chunk-ABCD1234.js");
    const { body, header } = await head("/chunk-ABCD1234.js", `Accept-Encoding: ${accepted}\r\n`);
    expect([header("content-encoding"), header("vary")]).toEqual([coding, "Accept-Encoding"]);
    expect(Number(header("content-length"))).toBe(body.length);
    if (coding) expect(body.length).toBeLessThan(plain.body.length / 2);
    const unpacked = coding === "br" ? brotliDecompressSync(body) : coding ? gunzipSync(body) : body;
    expect(unpacked.toString()).toBe(CHUNK);
  });

  it("what is no text is sent as it is: to try to compress MNIST would hold up all requests for seconds", async () => {
    for (const path of ["/mnist.bin", "/samples.bin"]) {
      expect((await head(path, "Accept-Encoding: br, gzip\r\n")).header("content-encoding")).toBeUndefined();
    }
  });
});

describe("the demo server does not serve files outside its folder:", () => {
  it.each([
    ...["/../package.json", "/../secret.txt", "../secret.txt", "/part/../../secret.txt", "/./../secret.txt"],
    ...["/%2e%2e%2fsecret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt", "/.%2e/secret.txt"],
    ...["/..%5csecret.txt", "/..\\secret.txt", "/%2e%2e%5csecret.txt", "/part/..%5c..%5csecret.txt"],
    ...["/%252e%252e%252fsecret.txt", "/..%252fsecret.txt", "/%25%32%65%25%32%65/secret.txt"],
    ...["/%c0%ae%c0%ae/secret.txt", "/%uff0e%uff0e/secret.txt", "/..;/secret.txt", "/....//secret.txt"],
    ...["/../secret.txt%00.html", "/index.html%00/../../secret.txt", "/%00", "//secret.txt", "///etc/passwd"],
    ...["http://localhost/../secret.txt", "http://localhost/secret.txt", "file:///etc/passwd", "//etc/passwd"],
    ...[
      "/link.txt",
      "/out/secret.txt",
      "/out",
      "/out/",
      "/out/package.json",
      "/etc/passwd",
      "/part",
      "/part/",
      "/part/..",
    ],
    ...["*", "/index.html/", "/constructor", "/__proto__", "/INDEX.HTML"],
  ])("%s", async (target) => {
    const answer = await ask(target);
    expect(answer).not.toContain(SECRET);
    expect(answer).not.toContain("root:");
    expect([400, 404]).toContain(status(answer));
  });

  it("paths with bytes that are invalid in a URL", async () => {
    for (const target of ["/../secret.txt\0", "/\x01..\x01/secret.txt", "/\xff\xfe/../../secret.txt"]) {
      const answer = await ask(target);
      expect(answer).not.toContain(SECRET);
      expect([400, 404]).toContain(status(answer));
    }
    await expectServing();
  });
});

describe("the demo server survives", () => {
  it.each(["/%", "/%zz", "/%e0%a4%a", "/?%", `/${"a".repeat(8000)}`])("the address %.20s", async (target) => {
    expect([200, 404]).toContain(status(await ask(target)));
    await expectServing();
  });

  it.each([
    ["garbage", "\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03 garbage \xff\xfe\r\n\r\n", 400],
    ["no version", "GET /\r\n\r\n", 200],
    ["a version of its own", "GET / HTTP/9.9\r\nHost: a\r\n\r\n", 400],
    ["no Host", "GET / HTTP/1.1\r\nConnection: close\r\n\r\n", 400],
    ["headers of 64 kB", `GET / HTTP/1.1\r\nHost: a\r\nX: ${"x".repeat(65536)}\r\n\r\n`, 431],
    ["two lengths", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400],
    ["a negative length", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", 400],
    ["broken chunks", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", undefined],
  ])("%s", async (_, bytes, expected) => {
    const answer = await send(bytes);
    if (expected !== undefined) expect(status(answer)).toBe(expected);
    await expectServing();
  });

  it.each(["bytes=5-2", "bytes=9999999-", "bytes=--1", "bytes=a-b", "bytes=0-0,1-1", "elephants"])(
    "the range %s, which it ignores",
    async (range) => {
      expect(status(await ask("/main.js", `Range: ${range}\r\n`))).toBe(200);
      await expectServing();
    },
  );

  it.each(["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "PROPFIND"])(
    "%s, refused with 405",
    async (method) => {
      const answer = await send(`${method} /index.html HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
      expect(status(answer)).toBe(405);
      expect(answer).toMatch(/^Allow: GET, HEAD\r$/m);
      expect(answer).not.toContain("the page");
      await expectServing();
    },
  );

  it("CONNECT and an upgrade", async () => {
    expect(await send("CONNECT example.org:80 HTTP/1.1\r\nHost: a\r\n\r\n")).not.toMatch(/^HTTP\/1\.1 2/);
    const upgrade = "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade, close\r\n\r\n";
    expect(status(await send(upgrade))).toBe(200);
    await expectServing();
  });

  it("a client that resets the connection, and many clients that stall in the request line", async () => {
    const sockets = Array.from({ length: 100 }, () => connect(port, "127.0.0.1"));
    await Promise.all(sockets.map((socket) => new Promise((ready) => socket.once("connect", ready))));
    for (const socket of sockets) socket.on("error", () => {}).write("GET /mnist.bin HT");
    await expectServing();
    const hasty = connect(port, "127.0.0.1", () => {
      hasty.write("GET /mnist.bin HTTP/1.1\r\nHost: a\r\n\r\n");
      hasty.resetAndDestroy();
    });
    await new Promise((closed) => hasty.once("close", closed));
    await expectServing();
    for (const socket of sockets) socket.destroy();
    await expectServing();
  });

  it("the deletion of a file, which it keeps in memory", async () => {
    rmSync(join(folder, "style.css"));
    expect(await (await fetch(`http://127.0.0.1:${port}/style.css`)).text()).toBe("a {}");
  });

  it("idle connections, with timeouts", () => {
    expect(server.headersTimeout).toBeLessThanOrEqual(10_000);
    expect(server.requestTimeout).toBeLessThanOrEqual(30_000);
  });
});

describe("the demo server listens", () => {
  it("on 127.0.0.1 only", async () => {
    expect((server.address() as AddressInfo).address).toBe("127.0.0.1");
    const own = Object.values(networkInterfaces()).flatMap((addresses = []) => addresses.map(({ address }) => address));
    for (const address of ["127.0.0.2", "::1", ...own].filter((address) => address !== "127.0.0.1")) {
      expect(await reaches(address), address).toBe(false);
    }
    expect(await reaches("127.0.0.1")).toBe(true);
  });

  it("on the next port if one is in use", async () => {
    const next = await startDemo({ folder, port, isolation: true });
    expect(portOf(next)).toBeGreaterThan(port);
    expect(portOf(next)).toBeLessThanOrEqual(port + 50);
    next.close();
  });

  it("not for a folder without a page", async () => {
    await expect(startDemo({ folder: join(folder, "part"), port: 0, isolation: true })).rejects.toThrow(
      /holds no page: build it with/,
    );
  });
});

function reaches(address: string): Promise<boolean> {
  return new Promise((done) => {
    const asking = request({ host: address, port }, () => done(true));
    asking.on("error", () => done(false));
    asking.end();
  });
}

describe.skipIf(process.platform === "win32")("npm run demo", () => {
  const program = resolve(import.meta.dirname, "../../build/demo.js");

  it("prints its address on a free port, and ends with Ctrl-C while a connection is open", async () => {
    const taken = createServer();
    await new Promise<void>((ready) => taken.listen(0, "127.0.0.1", ready));
    const first = (taken.address() as AddressInfo).port;
    const child = spawn(process.execPath, [program, "--port", String(first)]);
    const line = await firstLine(child);
    const address = line.match(/^http:\/\/127\.0\.0\.1:\d+\//)?.[0] as string;
    expect(address).not.toBe(`http://127.0.0.1:${first}/`);
    expect(await (await fetch(address)).text()).toContain("<title>wasmlp");
    const ended = new Promise((done) => child.once("exit", (code, signal) => done([code, signal])));
    child.kill("SIGINT");
    expect(await ended).toEqual([0, null]);
    taken.close();
  });

  it.each([
    [["--port", "80000"], '"--port" must be a whole number from 0 to 65535, got 80000'],
    [["--prot", "1"], "Unknown option"],
  ])("with %j ends with an error message", async (options, sentence) => {
    const child = spawn(process.execPath, [program, ...options]);
    let said = "";
    child.stderr.on("data", (data) => {
      said += data;
    });
    const code = await new Promise((done) => child.once("close", done));
    expect(code).toBe(1);
    expect(said).toContain(sentence);
    expect(said).not.toMatch(/^\s+at /m);
  });
});

function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((done, fail) => {
    child.stdout?.once("data", (data) => done(String(data)));
    child.once("exit", () => fail(new Error("the demo ended before it listened")));
  });
}
