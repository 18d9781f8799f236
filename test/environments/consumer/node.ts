// What a project for Node writes. It compiles with the types of Node, and like `universal.ts` with every supported TypeScript.

import { type Network as Core, Dataset as CoreDataset } from "wasmlp";
import {
  type DownloadProgress,
  enableTurbo,
  fileCheckpoint,
  type IdxData,
  loadMnist,
  loadNetwork,
  type Network,
  readCheckpoint,
  readIdx,
  saveNetwork,
  type TrainAndTest,
} from "wasmlp/node";

type IsAny<T> = 0 extends 1 & T ? true : false;
export const none: [IsAny<IdxData>, IsAny<TrainAndTest>, IsAny<DownloadProgress>, IsAny<Network>] = [
  ...([false, false, false, false] as const),
];

const WHERE = {
  packages: ["/home/me"],
  onDownload: ({ received }: DownloadProgress) => console.log(received),
} as const;

export async function run(): Promise<Core> {
  const turbo: boolean = enableTurbo();
  const { train, test }: TrainAndTest = await loadMnist({ ...WHERE, signal: new AbortController().signal });
  const network = await loadNetwork("a.safetensors", { threads: turbo ? 1 : "auto" });
  const save: (bytes: Uint8Array) => Promise<void> = fileCheckpoint("a.checkpoint");
  await network.fit(train, {
    ...{
      epochs: 1,
      validation: test,
      optimizer: { name: "sgd", learningRate: 1, momentum: 0, nesterov: false, weightDecay: 0 },
    },
    checkpoint: { save },
    resume: await readCheckpoint("a.checkpoint"),
  });
  await saveNetwork("a.safetensors", network);
  const { data, shape } = await readIdx("images");
  if (data instanceof Uint8Array) new CoreDataset({ inputs: data, shape: shape.slice(1), labels: test.labels ?? [] });
  // @ts-expect-error A path is text.
  await saveNetwork(5, network);
  // @ts-expect-error That is no signal.
  await loadMnist({ signal: 5 });
  return network;
}
