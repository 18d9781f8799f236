// The peers that are there, as candidates of the benchmark; `peers/setup.sh` installs what can be had.

import { execSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Folders, Job } from "./jobs.js";
import type { Candidate } from "./rounds.js";

interface Peer {
  name: string;
  variant: string;
  command: [string, ...string[]];
  kinds: ("train" | "infer")[];
  /** "npm", or a command that succeeds where the peer is there. */
  needs: string;
  /** Samples that a slow peer walks through before it is measured. */
  epochSamples?: { train?: number };
  /** Test samples that its accuracy is taken from. */
  testCount?: number;
}

const FOLDER = fileURLToPath(new URL("../bench/peers/", import.meta.url));
/** The networks and batches that every peer takes part in; the fast ones also in two large ones. */
const ALL = ["784-30-10, 10", "784-128-10, 32"];
const FAST = [...ALL, "784-800-10, 100", "256-512-256-16, 100 % non-zero, 64"];

function isThere({ needs }: Peer): boolean {
  if (needs === "npm") return existsSync(`${FOLDER}node_modules`);
  try {
    execSync(needs, { cwd: FOLDER, stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

export async function peerCandidates(
  folders: Folders,
  job: Job,
  kind: "train" | "infer",
  roundSeconds: number,
): Promise<Candidate[]> {
  const peers = JSON.parse(readFileSync(`${FOLDER}peers.json`, "utf8")) as Peer[];
  const candidates: Candidate[] = [];
  for (const peer of peers) {
    if (!peer.kinds.includes(kind) || !isThere(peer)) continue;
    const samples = peer.epochSamples?.train;
    const isFast = peer.needs !== "npm" && peer.name !== "fann";
    if (kind === "train" && !(isFast ? FAST : ALL).includes(`${job.name}, ${job.batch}`)) continue;
    if (kind === "infer" && peer.epochSamples?.train !== undefined && peer.epochSamples.train < 60000) continue;
    // Debian's FANN has neither ReLU nor softmax.
    if (peer.name === "fann" && job.hidden !== "sigmoid") continue;
    const folder = await folders.folder(job, kind, roundSeconds, samples, peer.testCount);
    const [command, ...args] = peer.command;
    const name = `${peer.name}${peer.variant ? ` (${peer.variant})` : ""}`;
    candidates.push({ name, command, args: [...args, folder, peer.variant], cwd: FOLDER });
  }
  return candidates;
}
