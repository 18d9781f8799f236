// The ways in which projects bring the package into a page. The bundlers are told nothing but the entry point.

import { join } from "node:path";
import { nodeResolve } from "@rollup/plugin-node-resolve";
import { build as esbuild } from "esbuild";
import { rollup } from "rollup";
import { createServer, build as vite } from "vite";
import webpack from "webpack";
import { type Site, serve } from "./site.js";

/** A served page, and the folder with the bundler's output if there is one. */
interface Published extends Pick<Site, "address" | "close"> {
  output?: string;
}

/** A kind of project: its files for a program, and how a page is made from them. */
interface Way {
  files(program: string): Record<string, string>;
  publish(project: string): Promise<Published>;
}

/** An HTML page. The empty icon keeps browsers from requesting one. */
const html = (head: string): string =>
  `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Page</title><link rel="icon" href="data:,">${head}</head><body></body></html>`;
const OUTPUT = html('<script type="module" src="main.js"></script>');

async function publish(output: string, files: Record<string, string> = {}): Promise<Published> {
  return { ...(await serve({ files, folders: [output] })), output };
}

/** Vite's entry point is the page. */
const viteFiles = (program: string): Record<string, string> => ({
  "index.html": html('<script type="module" src="/main.js"></script>'),
  "main.js": program,
});

export async function buildWithVite(root: string): Promise<void> {
  await vite({ root, logLevel: "error" });
}

function runWebpack(project: string): Promise<void> {
  return new Promise((done, fail) => {
    // Webpack's defaults: the entry is src/index.js, and its command writes to dist in the project.
    webpack({ context: project, mode: "production", output: { path: join(project, "dist") } }, (error, stats) => {
      if (error) fail(error);
      else if (stats?.hasErrors()) fail(new Error(stats.toString("errors-only")));
      else done();
    });
  });
}

/** URL of the file of an entry of the package. */
const entryFile = (entry: string): string => `/node_modules/wasmlp/build/${entry.split("/")[1] ?? "index"}.js`;
const ENTRIES = ["wasmlp", "wasmlp/digits", "wasmlp/worker"];
const IMPORT_MAP = JSON.stringify({ imports: Object.fromEntries(ENTRIES.map((name) => [name, entryFile(name)])) });

export const WAYS: Record<string, Way> = {
  "a Vite build": {
    files: viteFiles,
    async publish(root) {
      await buildWithVite(root);
      return publish(join(root, "dist"));
    },
  },
  "a Vite dev server": {
    files: viteFiles,
    async publish(root) {
      const server = await createServer({ root, logLevel: "error", server: { host: "127.0.0.1" } });
      await server.listen();
      return { address: server.resolvedUrls?.local[0] ?? "", close: () => server.close() };
    },
  },
  webpack: {
    files: (program) => ({ "src/index.js": program }),
    async publish(project) {
      await runWebpack(project);
      return publish(join(project, "dist"), { "index.html": OUTPUT });
    },
  },
  Rollup: {
    files: (program) => ({ "main.js": program }),
    async publish(project) {
      const bundle = await rollup({ input: join(project, "main.js"), plugins: [nodeResolve()] });
      await bundle.write({ dir: join(project, "dist") });
      return publish(join(project, "dist"), { "index.html": OUTPUT });
    },
  },
  esbuild: {
    files: (program) => ({ "main.js": program }),
    async publish(project) {
      const paths = { absWorkingDir: project, entryPoints: ["main.js"], outdir: "dist" };
      await esbuild({ ...paths, bundle: true, format: "esm", logLevel: "warning" });
      return publish(join(project, "dist"), { "index.html": OUTPUT });
    },
  },
  "a plain page": {
    files(program) {
      const led = program.replace(/from "(wasmlp[^"]*)"/g, (_, entry: string) => `from "${entryFile(entry)}"`);
      return { "index.html": html(`<script type="module">${led}</script>`) };
    },
    publish: (project) => serve({ folders: [project] }),
  },
  "a page with an import map": {
    files: (program) => ({
      "index.html": html(`<script type="importmap">${IMPORT_MAP}</script><script type="module">${program}</script>`),
    }),
    publish: (project) => serve({ folders: [project] }),
  },
};
