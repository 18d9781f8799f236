// What objects say where they are printed, and what misuse that JavaScript does not prevent is answered.

import { spawnSync } from "node:child_process";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { inspect } from "node:util";
import { afterEach, describe, expect, it } from "vitest";
import { nodeMajorOnX64 } from "../../src/host.js";
import { Dataset, Network, type NetworkOptions } from "../../src/index.js";
import { saveNetwork } from "../../src/node.js";
import { processorQuota } from "../../src/quota.js";
import { Network as WorkerNetwork } from "../../src/worker.js";

const root = resolve(import.meta.dirname, "../..");
const OPTIONS: NetworkOptions = {
  inputs: 2,
  layers: [{ units: 1, activation: "sigmoid" }],
  loss: "quadratic",
  threads: 1,
};
const DATA = new Dataset({ inputs: new Float32Array(2000), shape: 2, labels: new Uint8Array(1000) });

const made: { dispose(): void }[] = [];
async function create<T extends typeof Network | typeof WorkerNetwork>(
  networks: T,
): Promise<Awaited<ReturnType<T["create"]>>> {
  const network = await networks.create(OPTIONS);
  made.push(network);
  return network as Awaited<ReturnType<T["create"]>>;
}
afterEach(() => {
  for (const network of made.splice(0)) network.dispose();
});

describe.each([
  ["wasmlp", Network],
  ["wasmlp/worker", WorkerNetwork],
] as const)("a Network of %s", (_, networks) => {
  it("is printed and stringified as its spec", async () => {
    const network = await create(networks);
    expect(inspect(network)).toMatch(/^Network \{\s+inputs: 2,\s+layers/);
    expect(JSON.parse(JSON.stringify(network))).toEqual(network.spec);
  });

  it("is not made by new", () => {
    const construct = networks as unknown as new (options: object) => unknown;
    expect(() => new construct(OPTIONS)).toThrow(/await Network\.create\(\{ … \}\)/);
  });

  it("says in every method that it cannot be used through a proxy", async () => {
    const proxy = new Proxy((await create(networks)) as Network, {});
    const calls = [() => proxy.spec, () => proxy.predict([0, 1]), () => proxy.toBytes(), () => proxy.dispose()];
    calls.push(
      () => proxy.fit(DATA, {} as never) as never,
      () => proxy.evaluate(DATA),
    );
    for (const call of calls) await expect((async () => call())()).rejects.toThrow(/wrapped in a proxy.*toRaw/);
  });
});

it("a dataset is printed and stringified without its numbers", () => {
  expect(inspect(DATA)).toMatch(/^Dataset \{ count: 1000/);
  expect(JSON.parse(JSON.stringify(DATA))).toEqual({ count: 1000, shape: [2], classes: 1, targetSize: 1 });
});

it("messages name classes, what is of another copy, and a promise that was not awaited", async () => {
  const network = await create(Network);
  const evaluate = (data: unknown) => () => network.evaluate(data as Dataset);
  expect(evaluate(network)).toThrow('"data" must be a Dataset, got Network');
  expect(evaluate({ [Symbol.toStringTag]: "Dataset" })).toThrow(/another copy of wasmlp/);
  expect(evaluate(Promise.resolve())).toThrow(/which was not awaited/);
  const saving = saveNetwork("/nowhere/model", (await create(WorkerNetwork)) as unknown as Network);
  await expect(saving).rejects.toThrow(/wasmlp\/worker.*toBytes\(\)/);
});

it("an error that is not caught prints less than 2,000 characters, with the names of classes", () => {
  const entry = pathToFileURL(join(root, "build/index.js")).href;
  const program = `import { Network } from ${JSON.stringify(entry)}; new Network({});`;
  const { stderr, status } = spawnSync(process.execPath, ["--input-type=module", "-e", program], { encoding: "utf8" });
  expect(status).toBe(1);
  expect(stderr).toContain("await Network.create");
  expect(stderr.length).toBeLessThan(2000);
});

it("threads and workers start without the hooks of the process", () => {
  const hook = "data:text/javascript,console.error('hooked')";
  const args = ["--import", hook, join(root, "test/environments/smoke.mjs"), join(root, "build"), "--worker"];
  const { stderr, status } = spawnSync(process.execPath, args, {
    encoding: "utf8",
    env: { NODE_OPTIONS: `--import "${hook}"` },
  });
  expect(stderr.trim().split("\n")).toEqual(["hooked"]);
  expect(status).toBe(0);
});

it.each(["bun", "deno"])("pairing has no effect in %s, whatever version of Node it names", (name) => {
  const { versions } = process;
  try {
    Object.defineProperty(process, "versions", { value: { ...versions, node: "24.0.0", [name]: "1.0.0" } });
    expect(nodeMajorOnX64()).toBe(0);
  } finally {
    Object.defineProperty(process, "versions", { value: versions });
  }
});

it.each([
  ["no quota", {}, Infinity],
  ["version 2", { "/sys/fs/cgroup/cpu.max": "250000 100000\n" }, 2],
  ["version 2 without a limit", { "/sys/fs/cgroup/cpu.max": "max 100000\n" }, Infinity],
  ["half a processor", { "/sys/fs/cgroup/cpu.max": "50000 100000\n" }, 1],
  [
    "a group above",
    {
      "/proc/self/cgroup": "0::/a/b\n",
      "/sys/fs/cgroup/a/cpu.max": "300000 100000",
      "/sys/fs/cgroup/a/b/cpu.max": "max 100000",
    },
    3,
  ],
  [
    "version 1",
    { "/sys/fs/cgroup/cpu/cpu.cfs_quota_us": "400000\n", "/sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n" },
    4,
  ],
  [
    "version 1 without a limit",
    { "/sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n", "/sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n" },
    Infinity,
  ],
])("the processors of a container: %s", (_, files, expected) => {
  expect(processorQuota((path) => (files as Record<string, string>)[path])).toBe(expected);
});
