// Every kernel of every build. WASMLP_REQUIRE_RELAXED=1 makes an engine without relaxed SIMD a failure.

import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { simdFeatures } from "../../src/kernels/features.js";
import { WHOLE } from "../support/whole.js";
import { kernelSuite, type TestedBuild } from "./suite.js";
import { TIER } from "./tier.js";

function testKernels(build: TestedBuild): void {
  kernelSuite(build, Uint8Array.from(readFileSync(new URL(`../../build/${build}.wasm`, import.meta.url))));
}

testKernels("simd");
// Its own run in each of V8's compilers is left to the whole.
if (WHOLE || !TIER) testKernels("debug");

const required = process.env.WASMLP_REQUIRE_RELAXED === "1";
if (simdFeatures().relaxedSimd) testKernels("relaxed");
else {
  it.skipIf(!required)(`relaxed kernels: NOT TESTED, Node ${process.version} has no relaxed SIMD`, () => {
    expect(simdFeatures().relaxedSimd).toBe(true);
  });
}
