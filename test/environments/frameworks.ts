// Next, SvelteKit, and the edge: workerd, and Next's edge runtime.

import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { join } from "node:path";
import { env } from "node:process";
import { build } from "esbuild";
import type { Workshop } from "../support/installed.js";
import {
  command,
  type Environment,
  type Outcome,
  outcomeInPage,
  PAGE_PROGRAM,
  ranOf,
  type Smoke,
  smokeModule,
} from "./environment.js";

const NEXT = { next: "16.4.6", react: "19.2.0" };
/** SvelteKit's build needs a newer Node than the oldest that this project is developed with. */
const SVELTE = { kit: "3.2.0", svelte: "5.57.3", plugin: "7.3.1", vite: "8.3.8", typescript: "6.0.3", node: "24.21.0" };
const MINIFLARE = "4.20260730.0";
/** The oldest date that workerd still gives the modules of this kind for, and one of today. */
const DATES = ["2022-03-21", "2026-07-01"];

function freePort(): Promise<number> {
  return new Promise((done) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => done(port));
    });
  });
}

/** A server: the program and its arguments, its folder and the port on which it will answer. */
interface Server {
  program: string;
  args: string[];
  cwd: string;
  port: number;
}

/** Runs a server while `use` works with its address. */
async function serving<T>({ program, args, cwd, port }: Server, use: (address: string) => Promise<T>): Promise<T> {
  const server = spawn(program, args, { cwd, env: { ...env, CI: "true" }, stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  for (const stream of [server.stdout, server.stderr]) stream.on("data", (data) => (said += data));
  try {
    const address = `http://127.0.0.1:${port}`;
    await answers(address, () => server.exitCode !== null);
    return await use(address);
  } catch (error) {
    throw new Error(`${(error as Error).message}; the server said: ${said.slice(-2000)}`, { cause: error });
  } finally {
    server.kill();
  }
}

/** Resolves when a server answers; rejects when it has ended. */
async function answers(address: string, hasEnded: () => boolean): Promise<void> {
  for (;;) {
    if (hasEnded()) throw new Error("the server ended");
    if (
      await fetch(address).then(
        () => true,
        () => false,
      )
    )
      return;
    await new Promise((done) => setTimeout(done, 200));
  }
}

async function answerOf(address: string): Promise<Smoke> {
  const response = await fetch(address);
  const text = await response.text();
  if (!response.ok || !text.startsWith("{"))
    throw new Error(`${address} answered ${response.status}: ${text.slice(0, 800)}`);
  const smoke = JSON.parse(text) as Smoke & { error?: string };
  if (smoke.error !== undefined) throw new Error(smoke.error);
  return smoke;
}

/** The body of a request's answer at the edge: the smoke program, with kernels that were compiled before. */
const EDGE_BODY = `async function answer() {
  try {
    await init({ wasm: { simd } });
    return new Response(JSON.stringify(await smoke(library, { threads: [1] })));
  } catch (error) {
    return new Response(JSON.stringify({ error: String(error?.stack ?? error) }));
  }
}
`;
const EDGE_IMPORTS = 'import * as library from "wasmlp";\nimport { init } from "wasmlp";\n';

/** Turbopack does not find a file by the field "exports" of a package when the name has a query, so it is named by its path. */
const EDGE_KERNELS = "../../node_modules/wasmlp/build/simd.wasm?module";

const NEXT_FILES = {
  "package.json": '{ "name": "empty", "version": "1.0.0", "type": "module" }',
  "app/layout.js": "export default ({ children }) => <html lang='en'><body>{children}</body></html>;",
  "app/page.js": 'import Train from "./train.js";\nexport default () => <Train />;',
  "app/train.js": `"use client";
import { useEffect } from "react";
export default function Train() {
  useEffect(() => void import("./program.js"), []);
  return <p>Training</p>;
}`,
  "app/program.js": PAGE_PROGRAM,
  "app/server/route.js": `import * as library from "wasmlp";\nimport * as worker from "wasmlp/worker";\n${smokeModule()}
export const dynamic = "force-dynamic";
export const GET = async () => Response.json(await smoke(library, { worker, threads: [1, 2] }));`,
  "app/edge/route.js": `${EDGE_IMPORTS}import simd from "${EDGE_KERNELS}";\n${smokeModule()}${EDGE_BODY}
export const runtime = "edge";
export const GET = answer;`,
};

async function next(workshop: Workshop, part: "page" | "server" | "edge"): Promise<Outcome> {
  const { "app/edge/route.js": edge, "app/server/route.js": server, ...app } = NEXT_FILES;
  const route = part === "edge" ? { "app/edge/route.js": edge } : { "app/server/route.js": server };
  const packages = [`next@${NEXT.next}`, `react@${NEXT.react}`, `react-dom@${NEXT.react}`];
  const cwd = workshop.project(`next-${part}`, { ...app, ...(part !== "page" && route) }, packages);
  const quiet = { NEXT_TELEMETRY_DISABLED: "1" };
  await command(process.execPath, ["node_modules/next/dist/bin/next", "build"], { cwd, env: quiet });
  const port = await freePort();
  const args = ["node_modules/next/dist/bin/next", "start", "--hostname", "127.0.0.1", "--port", String(port)];
  const smoke = await serving({ program: process.execPath, args, cwd, port }, (address) => {
    return part === "page" ? outcomeInPage(address) : answerOf(`${address}/${part}`);
  });
  const remark = part === "edge" ? `kernels by \`import simd from "${EDGE_KERNELS}"\`` : "";
  return { version: NEXT.next, ran: ranOf(smoke, part === "server"), hash: smoke.hash, ...(remark && { remark }) };
}

const SVELTE_FILES = {
  "package.json": '{ "name": "empty", "version": "1.0.0", "type": "module" }',
  "vite.config.js": 'import { sveltekit } from "@sveltejs/kit/vite";\nexport default { plugins: [sveltekit()] };',
  "src/app.html":
    '<!doctype html><html lang="en"><head><link rel="icon" href="data:,">%sveltekit.head%</head><body><div>%sveltekit.body%</div></body></html>',
  "src/routes/+page.svelte": `<script>
import { onMount } from "svelte";
onMount(() => void import("../program.js"));
</script><p>Training</p>`,
  "src/program.js": PAGE_PROGRAM,
};

async function svelteKit(workshop: Workshop): Promise<Outcome> {
  const { kit, svelte, plugin, vite, typescript } = SVELTE;
  const packages = [`@sveltejs/kit@${kit}`, `svelte@${svelte}`, `@sveltejs/vite-plugin-svelte@${plugin}`];
  const cwd = workshop.project("sveltekit", SVELTE_FILES, [...packages, `vite@${vite}`, `typescript@${typescript}`]);
  const program = (await command("npx", ["-y", `node@${SVELTE.node}`, "-p", "process.execPath"], { cwd })).trim();
  await command(program, ["node_modules/vite/bin/vite.js", "build"], { cwd });
  const port = await freePort();
  const args = ["node_modules/vite/bin/vite.js", "preview", "--host", "127.0.0.1", "--port", String(port)];
  const smoke = await serving({ program, args, cwd, port }, (address) => outcomeInPage(address));
  const remark = `built with Node ${SVELTE.node}`;
  return { version: kit, ran: ranOf(smoke), hash: smoke.hash, remark };
}

/** Miniflare's program: a worker of workerd answers one request. */
const MINIFLARE_PROGRAM = `import { readFileSync } from "node:fs";
import { Miniflare } from "miniflare";
const [compatibilityDate] = process.argv.slice(2);
const modules = [
  { type: "ESModule", path: "worker.mjs", contents: readFileSync("worker.mjs", "utf8") },
  { type: "CompiledWasm", path: "simd.wasm", contents: readFileSync("node_modules/wasmlp/build/simd.wasm") },
];
const miniflare = new Miniflare({ modules, compatibilityDate, cf: false });
try {
  console.log(await (await miniflare.dispatchFetch("http://localhost/")).text());
} finally {
  await miniflare.dispose();
}
`;

async function workerd(workshop: Workshop, date: string): Promise<Outcome> {
  const source = `${EDGE_IMPORTS}import "wasmlp/worker";\nimport simd from "./simd.wasm";\n${smokeModule()}${EDGE_BODY}
export default { fetch: answer };`;
  const files = { "main.mjs": source, "run.mjs": MINIFLARE_PROGRAM };
  const cwd = workshop.project(`workerd-${date}`, files, [`miniflare@${MINIFLARE}`]);
  const paths = { absWorkingDir: cwd, entryPoints: ["main.mjs"], outfile: "worker.mjs" };
  await build({
    ...paths,
    bundle: true,
    format: "esm",
    external: ["*.wasm"],
    conditions: ["workerd"],
    logLevel: "silent",
  });
  const answer = await command(process.execPath, ["run.mjs", date], { cwd });
  const smoke = JSON.parse(answer) as Smoke & { error?: string };
  if (smoke.error !== undefined) throw new Error(smoke.error);
  const { version } = JSON.parse(readFileSync(join(cwd, "node_modules/workerd/package.json"), "utf8"));
  const remark = 'kernels by `import simd from "wasmlp/simd.wasm"`';
  return { version: version as string, ran: ranOf(smoke, false), hash: smoke.hash, remark };
}

export const FRAMEWORKS: Environment[] = [
  { name: "Next (page)", run: (workshop) => next(workshop, "page") },
  { name: "Next (server route)", run: (workshop) => next(workshop, "server") },
  { name: "Next (edge route)", run: (workshop) => next(workshop, "edge") },
  { name: "SvelteKit", run: svelteKit },
  ...DATES.map((date) => ({
    name: `workerd (date ${date})`,
    run: (workshop: Workshop) => workerd(workshop, date),
  })),
];
