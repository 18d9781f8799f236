// The installed peers as candidates of the benchmark; `peers/setup.sh` installs those that are available.

import { execSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { batchSizeOf, type Folders, type Job } from "./jobs.js";
import type { Candidate } from "./rounds.js";

/** An entry of `peers/peers.json`. */
interface Peer {
  name: string;
  variant: string;
  command: [string, ...string[]];
  kinds: ("train" | "infer")[];
  /** "npm", or a command that succeeds if the peer is installed. */
  needs: string;
  /** Samples that a slow peer is trained on before it is measured; default all. */
  epochSamples?: { train?: number };
  /** Number of test samples for its accuracy; default all. */
  testCount?: number;
}

const FOLDER = fileURLToPath(new URL("../bench/peers/", import.meta.url));
/** Networks and batch sizes that all peers are measured with; the fast peers also with two large ones. */
const ALL = ["784-30-10, 10", "784-128-10, 32"];
const FAST = [...ALL, "784-800-10, 100", "256-512-256-16, 100 % non-zero, 64"];

function isInstalled({ needs }: Peer): boolean {
  if (needs === "npm") return existsSync(`${FOLDER}node_modules`);
  try {
    execSync(needs, { cwd: FOLDER, stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/** The installed peers that take part in a job, each with its folder. */
export async function peerCandidates(
  folders: Folders,
  job: Job,
  kind: "train" | "infer",
  roundSeconds: number,
): Promise<Candidate[]> {
  const peers = JSON.parse(readFileSync(`${FOLDER}peers.json`, "utf8")) as Peer[];
  const candidates: Candidate[] = [];
  for (const peer of peers) {
    if (!peer.kinds.includes(kind) || !isInstalled(peer)) continue;
    const samples = peer.epochSamples?.train;
    const isFast = peer.needs !== "npm" && peer.name !== "fann";
    if (kind === "train" && !(isFast ? FAST : ALL).includes(`${job.name}, ${batchSizeOf(job)}`)) continue;
    if (kind === "infer" && peer.epochSamples?.train !== undefined && peer.epochSamples.train < 60000) continue;
    // FANN, as Debian packages it, has neither ReLU nor softmax.
    if (peer.name === "fann" && job.recipe.network.layers[0]?.activation !== "sigmoid") continue;
    const folder = await folders.folder(job, kind, roundSeconds, samples, peer.testCount);
    const [command, ...args] = peer.command;
    const name = `${peer.name}${peer.variant ? ` (${peer.variant})` : ""}`;
    candidates.push({ name, command, args: [...args, folder, peer.variant], cwd: FOLDER });
  }
  return candidates;
}
