// The suite of kernel tests in a page, where the binary is fetched.

import { it } from "vitest";
import { simdFeatures } from "../../../src/kernels/features.js";
import { kernelSuite, type TestedBuild } from "../../kernels/suite.js";

export async function testKernels(build: TestedBuild): Promise<void> {
  if (build === "relaxed" && !simdFeatures().relaxedSimd) {
    it.skip("relaxed kernels: NOT TESTED, this browser has no relaxed SIMD");
    return;
  }
  const response = await fetch(`${build}.wasm`);
  kernelSuite(build, new Uint8Array(await response.arrayBuffer()));
}
