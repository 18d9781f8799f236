// Test runners, which run programs in realms of their own: Jest and vitest, also with jsdom.

import type { Workshop } from "../support/installed.js";
import { command, type Environment, type Outcome, ranOf, smokeModule, smokeOf } from "./environment.js";

const JEST = "30.5.2";
const BABEL = "7.28.5";
const VITEST = "4.1.12";
const JSDOM = "26.1.0";

/** The body of a test in every runner. Its result is written past the runner, which would decorate it. */
const TEST = `test("trains", async () => {
  const result = await smoke(library, { worker, threads: [1, 2] });
  require("node:fs").writeSync(1, "\\n" + JSON.stringify(result) + "\\n");
}, 240000);
`;
const IMPORTS = `import * as library from "wasmlp";\nimport * as worker from "wasmlp/worker";\n`;
const REQUIRE = `import { createRequire } from "node:module";\nconst require = createRequire(import.meta.url);\n`;

/** Jest with ES modules in its own realm. */
async function jest(workshop: Workshop, name: string, environment: "node" | "jsdom"): Promise<Outcome> {
  const files = {
    "smoke.test.mjs": IMPORTS + REQUIRE + smokeModule() + TEST,
    "jest.config.json": JSON.stringify({
      ...{
        testEnvironment: environment,
        transform: {},
        testMatch: ["**/*.test.mjs"],
        moduleFileExtensions: ["mjs", "js"],
      },
    }),
  };
  const packages = [`jest@${JEST}`, ...(environment === "jsdom" ? [`jest-environment-jsdom@${JEST}`] : [])];
  const cwd = workshop.project(name, files, packages);
  const args = ["--experimental-vm-modules", "node_modules/jest/bin/jest.js", "--ci"];
  const smoke = smokeOf(await command(process.execPath, args, { cwd }));
  const remark = "`node --experimental-vm-modules`, `transform: {}`";
  return { version: JEST, ran: ranOf(smoke, environment === "node"), hash: smoke.hash, remark };
}

/** Jest as most projects have it: everything is made CommonJS by Babel, packages included. */
async function commonJest(workshop: Workshop): Promise<Outcome> {
  const plugins = ["@babel/plugin-transform-modules-commonjs", "babel-plugin-transform-import-meta"];
  const files = {
    "smoke.test.js": IMPORTS + smokeModule() + TEST,
    "babel.config.cjs": `module.exports = { plugins: ${JSON.stringify(plugins)} };`,
    "package.json": '{ "name": "empty", "version": "1.0.0" }',
    "jest.config.json": JSON.stringify({ testEnvironment: "node", transformIgnorePatterns: [] }),
  };
  const babel = [`@babel/core@${BABEL}`, "@babel/plugin-transform-modules-commonjs@7.27.1"];
  const cwd = workshop.project("jest-commonjs", files, [
    `jest@${JEST}`,
    ...babel,
    "babel-plugin-transform-import-meta@2.3.3",
  ]);
  const smoke = smokeOf(await command(process.execPath, ["node_modules/jest/bin/jest.js", "--ci"], { cwd }));
  const remark = "`transformIgnorePatterns: []`, so that Babel transforms the package too";
  return { version: JEST, ran: ranOf(smoke, true), hash: smoke.hash, remark };
}

async function vitest(workshop: Workshop): Promise<Outcome> {
  const files = {
    "smoke.test.mjs": `import { test } from "vitest";\n${IMPORTS}${REQUIRE}${smokeModule()}${TEST}`,
    "vitest.config.mjs": 'export default { test: { environment: "jsdom" } };',
  };
  const cwd = workshop.project("vitest-jsdom", files, [`vitest@${VITEST}`, `jsdom@${JSDOM}`]);
  const smoke = smokeOf(await command(process.execPath, ["node_modules/vitest/vitest.mjs", "run"], { cwd }));
  return { version: VITEST, ran: ranOf(smoke, true), hash: smoke.hash };
}

export const TESTERS: Environment[] = [
  { name: "Jest (CommonJS)", run: commonJest },
  { name: "Jest (ES modules)", run: (workshop) => jest(workshop, "jest-esm", "node") },
  { name: "Jest (jsdom)", run: (workshop) => jest(workshop, "jest-jsdom", "jsdom") },
  { name: "vitest (jsdom)", run: vitest },
];
