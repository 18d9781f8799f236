// Every kernel of every build. WASMLP_REQUIRE_RELAXED=1 makes an engine without relaxed SIMD a failure.

import { expect, it } from "vitest";
import { simdFeatures } from "../src/kernels.js";
import { kernelSuite } from "./kernel-suite.js";

kernelSuite("simd");
kernelSuite("debug");

const required = process.env.WASMLP_REQUIRE_RELAXED === "1";
if (simdFeatures().relaxedSimd) kernelSuite("relaxed");
else {
  it.skipIf(!required)(`relaxed kernels: NOT TESTED, Node ${process.version} has no relaxed SIMD`, () => {
    expect(simdFeatures().relaxedSimd).toBe(true);
  });
}
