// MNIST for the page: the packed file contains every byte of the original files, and damaged files are refused.

import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { expect, it } from "vitest";
import { loadMnist } from "../../src/node.js";
import { describePage } from "../support/page-site.js";

describePage("MNIST for the page", (open, served) => {
  it("has every byte of the original files, and is unpacked off the main thread", async () => {
    const { train, test } = await loadMnist();
    const page = await open("draw");
    const got = await page.evaluate(unpackMnist, new URL("mnist.bin", served().address).href);
    expect(got.sums).toEqual(
      [train, test].flatMap(({ inputs, labels = [] }) => [
        sha256(inputs as Uint8Array),
        sha256(Uint8Array.from(labels)),
      ]),
    );
    expect(got.reports).toBeGreaterThan(1);
    expect(got.last).toEqual({ loaded: got.last.total, total: got.last.total });
    console.log(`MNIST fetched and unpacked in ${Math.round(got.milliseconds)} ms`);
  });

  it.each([
    ["one byte is changed", (bytes: Uint8Array) => bytes.fill(bytes.at(-9) === 1 ? 2 : 1, -9, -8)],
    ["it is cut short", (bytes: Uint8Array) => bytes.subarray(0, 1000)],
    ["it is something else", () => new TextEncoder().encode("<!doctype html>")],
    ["it is empty", () => gzipSync("")],
    [
      "its header claims more than it contains",
      () => gzipSync(Uint8Array.of(255, 255, 255, 255, 1, 0, 0, 0, 4, 0, 0, 0, 9, 9, 9, 9)),
    ],
  ])("is refused if %s", async (_, damage) => {
    const bytes = new Uint8Array(await (await fetch(new URL("mnist.bin", served().address))).arrayBuffer());
    served().plain.write("damaged.bin", damage(bytes));
    const page = await open("draw", { isPlain: true });
    await expect(page.evaluate(unpackMnist, `${served().plain.address}/damaged.bin`)).rejects.toThrow(
      /MNIST's images is damaged/,
    );
    // The browser may abort the download, which counts as a failed request, but not after the page has been closed.
    await page.context().close();
    served().takeErrors();
  });

  it("gives an error with the status if it is missing", async () => {
    const page = await open("draw");
    await expect(page.evaluate(unpackMnist, `${served().address}none.bin`)).rejects.toThrow(
      "the server answered 404 for MNIST",
    );
    served().takeErrors();
  });

  it("gives an error if there is no connection", async () => {
    const page = await open("draw");
    await page.context().route("**/away.bin", (route) => route.abort());
    await expect(page.evaluate(unpackMnist, `${served().address}away.bin`)).rejects.toThrow(
      "MNIST's images could not be fetched: ",
    );
    served().takeErrors();
  });
});

/** Runs in the page: unpacks a file in the page's worker. */
async function unpackMnist(file: string) {
  const started = performance.now();
  type Part = { images: Uint8Array<ArrayBuffer>; labels: Uint8Array<ArrayBuffer> };
  type Message = { loaded: number; total: number } | { train: Part; test: Part } | { error: string };
  const worker = new Worker("mnist-worker.js", { type: "module" });
  const reports: { loaded: number; total: number }[] = [];
  const parts = await new Promise<Part[]>((done, fail) => {
    worker.onmessage = ({ data }: MessageEvent<Message>) => {
      if ("error" in data) fail(new Error(data.error));
      else if ("train" in data) done([data.train, data.test]);
      else reports.push(data);
    };
    worker.postMessage(file);
  }).finally(() => worker.terminate());
  const milliseconds = performance.now() - started;
  const sum = async (bytes: Uint8Array<ArrayBuffer>) => [
    ...new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)),
  ];
  const sums = await Promise.all(parts.flatMap(({ images, labels }) => [sum(images), sum(labels)]));
  const { loaded, total } = reports.at(-1) ?? { loaded: 0, total: -1 };
  return { sums, reports: reports.length, last: { loaded, total }, milliseconds };
}

function sha256(bytes: Uint8Array): number[] {
  return [...createHash("sha256").update(bytes).digest()];
}
