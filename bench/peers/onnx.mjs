// onnxruntime-web: inference only, on its wasm execution provider. The ONNX model is encoded here: Gemm and activation
// for each layer, with the weights as initializers, so that the runtime can pack them when it loads the model.
// Fairness: all graph optimizations are on; the test set is in tensors before the clock starts.

import * as ort from "onnxruntime-web";
import { readJob, serve, versionOf } from "./common.mjs";

// Values of the enums TensorProto.DataType and AttributeProto.AttributeType, and the operators' names.
const FLOAT = 1;
const INT = 2;
const operators = { sigmoid: "Sigmoid", relu: "Relu", softmax: "Softmax" };

const job = readJob();
ort.env.wasm.numThreads = 1;
const session = await ort.InferenceSession.create(model(), {
  executionProviders: ["wasm"],
  graphOptimizationLevel: "all",
});
const tensor = (data, count) => new ort.Tensor("float32", data, [count, job.inputs]);
const predict = async (x) => (await session.run({ x })).y.data;

await serve(job, {
  peer: "onnxruntime-web",
  version: versionOf("onnxruntime-web"),
  setting: "wasm provider, SIMD, one thread, all graph optimizations",
  predictOne: (sample) => predict(tensor(sample, 1)),
  prepare: tensor,
  predict,
});

/** A ModelProto, with the field numbers of onnx.proto. */
function model() {
  const last = job.layers.length - 1;
  const layers = job.layers.map(({ W, B, units, inputs, activation }, i) => {
    const input = i === 0 ? "x" : `a${i - 1}`;
    const output = i === last ? "y" : `a${i}`;
    const transB = field(5, field(1, "transB"), field(3, 1), field(20, INT));
    return [
      field(1, field(1, input), field(1, `W${i}`), field(1, `B${i}`), field(2, `z${i}`), field(4, "Gemm"), transB),
      field(1, field(1, `z${i}`), field(2, output), field(4, operators[activation])),
      field(5, field(1, units), field(1, inputs), field(2, FLOAT), field(8, `W${i}`), field(9, bytesOf(W))),
      field(5, field(1, units), field(2, FLOAT), field(8, `B${i}`), field(9, bytesOf(B))),
    ];
  });
  const graph = field(7, ...layers.flat(), field(2, "mlp"), value(11, "x", job.inputs), value(12, "y", job.outputs));
  return Buffer.concat([field(1, 8), field(8, field(2, 17)), graph]);
}

/** A ValueInfoProto of float32 [count, size]. */
function value(number, name, size) {
  const shape = field(2, field(1, field(2, "count")), field(1, field(1, size)));
  return field(number, field(1, name), field(2, field(1, field(1, FLOAT), shape)));
}

/** A protobuf field: a number as varint, anything else as length and bytes. */
function field(number, ...parts) {
  if (typeof parts[0] === "number") return Buffer.from([...varint(number << 3), ...varint(parts[0])]);
  const content = Buffer.concat(parts.map((part) => Buffer.from(part)));
  return Buffer.concat([Buffer.from([...varint((number << 3) | 2), ...varint(content.length)]), content]);
}

/** A number in groups of 7 bits, the lowest first. */
function varint(value) {
  return value < 128 ? [value] : [(value & 127) | 128, ...varint(value >>> 7)];
}

function bytesOf({ buffer, byteOffset, byteLength }) {
  return Buffer.from(buffer, byteOffset, byteLength);
}
