// V8 compiles WebAssembly twice: quickly at first (Liftoff), well later (TurboFan). The kernels must be correct with both, so
// their tests run again in processes that have only one of them, and assert that.

import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const VITEST = fileURLToPath(new URL("../../node_modules/vitest/vitest.mjs", import.meta.url));

const TIERS = {
  liftoff: ["--liftoff-only"],
  turbofan: ["--no-liftoff", "--no-wasm-lazy-compilation"],
};

/** Runs the kernel tests with V8 flags in the process that holds the kernels. Returns the exit code and the output. */
function runKernelTests(tier: keyof typeof TIERS): Promise<{ code: number | null; output: string }> {
  const flags = [...TIERS[tier], "--allow-natives-syntax"].join(" ");
  // Settings that vitest passes to this process must not reach the other one.
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith("VITEST"));
  const env = { ...Object.fromEntries(inherited), WASMLP_TIER: tier, WASMLP_NODE_OPTIONS: flags, NO_COLOR: "1" };
  const args = [VITEST, "run", "test/kernels/kernels.test.ts", "--pool=forks"];
  const child = spawn(process.execPath, args, { cwd: ROOT, env });
  let output = "";
  child.stdout.on("data", (text) => (output += text));
  child.stderr.on("data", (text) => (output += text));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, output }));
  });
}

describe("the kernel tests in one compiler of V8", () => {
  for (const tier of Object.keys(TIERS) as (keyof typeof TIERS)[]) {
    it(tier, async () => {
      const { code, output } = await runKernelTests(tier);
      expect(code, output).toBe(0);
    });
  }
});
