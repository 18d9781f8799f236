// What a project writes that uses the entries for every engine. It must compile with every supported TypeScript, also without
// the library "dom" and the types of Node, and with the strictest options.

import {
  type CheckedFit,
  type CheckedNetwork,
  type Classification,
  checkRecipe,
  cosine,
  Dataset,
  type EpochRecord,
  type Evaluation,
  type Gradient,
  init,
  type KernelModule,
  Network,
  type NetworkOptions,
  type OptimizerName,
  type OptimizerOptions,
  type Recipe,
  type Signal,
  sgd,
} from "wasmlp";
import { type DigitReading, type EpochRecord as DigitsRecord, loadDigits, readDigit } from "wasmlp/digits";
import { Network as Remote } from "wasmlp/worker";

type IsAny<T> = 0 extends 1 & T ? true : false;
/** Fails to compile if one of the types is `any`. */
type NoneIsAny<T extends readonly unknown[]> = { [I in keyof T]: IsAny<T[I]> } extends { [I in keyof T]: false }
  ? true
  : never;

type Bytes = ReturnType<Network["toBytes"]>;
type RemoteBytes = Awaited<ReturnType<Remote["toBytes"]>>;

/** The types of every entry, of what is called and of what comes back. */
export const none: NoneIsAny<
  [
    ...[
      Network,
      Dataset,
      Remote,
      Bytes,
      Bytes["buffer"],
      RemoteBytes,
      EpochRecord,
      Evaluation,
      Gradient,
      Classification,
    ],
    ...[
      NetworkOptions,
      Recipe,
      CheckedNetwork,
      CheckedFit,
      OptimizerName,
      OptimizerOptions,
      DigitReading,
      DigitsRecord,
    ],
    ...[
      KernelModule,
      Signal,
      Parameters<typeof init>[0],
      ReturnType<typeof Network.create>,
      ReturnType<Network["predict"]>,
    ],
    ...[Parameters<Network["fit"]>[1], Parameters<Remote["fit"]>[1], Parameters<typeof readDigit>[0]],
  ]
> = true;

/** Options that are constants: every array and object in them is readonly. */
const NETWORK = {
  inputs: 4,
  layers: [
    { units: 3, activation: "leakyRelu", slope: 0.1, dropout: 0.1 },
    { units: 2, activation: "softmax" },
  ],
  loss: "crossEntropy",
  inputScale: 0.5,
  seed: 1,
  weightInit: "auto",
  biasInit: "zeros",
  deterministic: true,
  threads: 1,
} as const;
const DATA = { inputs: new Uint8Array(8), shape: [2, 2], labels: [0, 1], classes: 2 } as const;
const FIT = {
  epochs: 1,
  optimizer: sgd({ learningRate: 0.1, momentum: 0.9 } as const),
  schedule: { name: "cosine", warmUp: 0, floor: 0 },
  augment: { shift: 1, elastic: { alpha: 1, sigma: 1 } },
  earlyStopping: { patience: 3, metric: "accuracy" },
} as const;
const ASKED = { worst: 3, metrics: ["top3", "loss"] } as const;
const PARAMETERS = [{ weights: [1, 2], biases: [3] }] as const;

export async function train(signal: Signal): Promise<Bytes> {
  const network = await Network.create(NETWORK);
  const data = new Dataset(DATA);
  const records: EpochRecord[] = await network.fit(data, { ...FIT, validation: data, signal });
  const loss: number | undefined = records[0]?.loss;
  const { top3 }: { top3?: number } = network.evaluate(data, ASKED);
  network.setParameters(PARAMETERS);
  const { layers } = network.gradient([1, 2, 3, 4] as const, [0, 1] as const);
  network.explain({ input: [1, 2], target: [0], weight: { layer: 0, unit: 0, input: 0 }, learningRate: 1 } as const);
  network.fillInputs(1, (view: Float32Array, first: number) => view.fill(first));
  await init({ wasm: { simd: network.toBytes(), relaxed: network.toBytes().buffer } });
  const { network: checked } = checkRecipe({ network: NETWORK, fit: FIT } satisfies Recipe);
  const again: NetworkOptions = { ...checked, layers: network.spec.layers };
  return Network.fromBytes(network.toBytes({ recipe: { network: again, fit: { ...FIT, schedule: cosine() } } })).then(
    (copy) => (loss === top3 || layers.length === 0 ? copy : network).toBytes(),
  );
}

export async function elsewhere(bytes: Uint8Array): Promise<DigitReading | undefined> {
  const remote = await Remote.fromBytes(bytes, { threads: "auto" } as const);
  const outputs: Float32Array = await remote.predict([1, 2]);
  remote[Symbol.dispose]();
  const record: DigitsRecord | undefined = (await remote.fit(new Dataset(DATA), FIT))[0];
  return readDigit(await loadDigits(), { data: outputs, width: record?.epoch ?? 1, height: 2 });
}

export function mistakes(network: Network, remote: Remote): unknown[] {
  return [
    // @ts-expect-error There is no such activation.
    Network.create({ inputs: 2, layers: [{ units: 1, activation: "sigmoidal" }], loss: "quadratic" }),
    // @ts-expect-error Bytes are no text.
    network.toBytes().trim(),
    // @ts-expect-error A promise has no bytes.
    remote.toBytes().byteLength,
    // @ts-expect-error There is no such option.
    new Dataset({ inputs: new Uint8Array(1), shape: 1, label: [0] }),
    // @ts-expect-error That is no address.
    init({ workerUrl: 5 }),
    // @ts-expect-error Those are no kernels.
    init({ wasm: { simd: null } }),
    // @ts-expect-error That is no signal.
    network.fit(new Dataset(DATA), { ...FIT, signal: 5 }),
    // @ts-expect-error There is no such metric.
    network.evaluate(new Dataset(DATA), { metrics: ["top7"] }),
    // @ts-expect-error A picture has a height.
    readDigit(network, { data: new Uint8Array(1), width: 1 }),
  ];
}
