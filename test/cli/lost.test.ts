// The trained network survives real failures of its file system: mount points, full and read-only disks, folders that vanish.

import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseModel } from "../../src/format/model.js";
import { decodeSafetensors } from "../../src/format/safetensors.js";
import { program } from "../support/command.js";
import { writeIdxFolder } from "../support/idx-folder.js";

/** Mounts of a namespace of its own end with its last process. */
const canMount = spawnSync("unshare", ["-m", "sh", "-c", "mount -t tmpfs tmpfs /mnt"]).status === 0;

let folder: string;
beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "wasmlp-lost-")));
  writeIdxFolder(join(folder, "data"), [0, 1, 2, 0, 1, 2]);
  // The training is stopped once the fault has happened: no wait depends on the speed of the machine.
  writeFileSync(
    join(folder, "train"),
    `mkfifo events
node "$PROGRAM" train --data ../data --layers 64,4,3 --epochs 2000000 --batch 2 --threads 1 --json "$@" > events & pid=$!
{ read -r first; fault > /dev/null 2>&1; kill -INT $pid; cat > rest; } < events
wait $pid; code=$?
rm events rest
exit $code
`,
  );
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Trains in a new folder: `before` prepares it, `fault` happens after the first epoch, `after` runs at the end. */
function trainWith(name: string, script: { before?: string; fault: string; out: string; after?: string }) {
  const run = join(folder, name);
  const { before = ":", fault, out, after = ":" } = script;
  writeFileSync(
    join(folder, `${name}.sh`),
    `mkdir "${run}"; cd "${run}"; ${before}; fault() { ${fault}; }; set -- --out ${out}\n(. ../train); code=$?; ${after}; exit $code\n`,
  );
  const command = ["sh", join(folder, `${name}.sh`)];
  const environment = { ...process.env, PROGRAM: program, TMPDIR: run };
  const { status, stderr } = canMount
    ? spawnSync("unshare", ["-m", ...command], { encoding: "utf8", env: environment })
    : spawnSync("sh", command.slice(1), { encoding: "utf8", env: environment });
  return { run, status, stderr, errors: stderr.split("\n").filter((line) => line.startsWith("wasmlp: ")) };
}

/** Whether a file is a whole model. */
const isModel = (path: string) => parseModel(decodeSafetensors(readFileSync(path), path), path).spec.inputs === 64;

describe("a trained network is saved beside and the command fails with one line", () => {
  it("if its folder is removed during the training", () => {
    const { run, status, errors } = trainWith("gone", {
      before: "mkdir out",
      fault: "rm -r out",
      out: "out/net.safetensors",
    });
    const saved = join(run, "net.saved.safetensors");
    expect(errors).toEqual([
      `wasmlp: cannot write out/net.safetensors: there is no such file or folder; it was saved to ${saved} instead`,
    ]);
    expect(status).toBe(1);
    expect(isModel(saved)).toBe(true);
    expect(readdirSync(run)).toEqual(["net.saved.safetensors"]);
  });

  it("if a folder takes its name", () => {
    const { run, status, errors } = trainWith("taken", { fault: "mkdir net.safetensors", out: "net.safetensors" });
    expect(errors[0]).toMatch(/^wasmlp: cannot write net\.safetensors: it is a folder; it was saved to /);
    expect(status).toBe(1);
    expect(isModel(join(run, "net.saved.safetensors"))).toBe(true);
  });

  // Mounting needs the rights of the superuser; test/data/write.test.ts injects the same errors without them.
  it.skipIf(!canMount)("if the disk is full (skipped where nothing can be mounted)", () => {
    const { run, status, errors } = trainWith("full", {
      before: "mkdir out; mount -t tmpfs -o size=64k tmpfs out",
      fault: "cat /dev/zero > out/fill",
      out: "out/net.safetensors",
      after: "ls -A out > left",
    });
    const saved = join(run, "net.saved.safetensors");
    expect(errors).toEqual([
      `wasmlp: cannot write out/net.safetensors: no space is left; it was saved to ${saved} instead`,
    ]);
    expect(status).toBe(1);
    expect(isModel(saved)).toBe(true);
    expect(readFileSync(join(run, "left"), "utf8")).toBe("fill\n");
  });

  it.skipIf(!canMount)("if the disk becomes read-only (skipped where nothing can be mounted)", () => {
    const { run, status, errors } = trainWith("readonly", {
      before: "mkdir out; mount -t tmpfs tmpfs out",
      fault: "mount -o remount,ro out",
      out: "out/net.safetensors",
    });
    expect(errors[0]).toMatch(/^wasmlp: cannot write out\/net\.safetensors: the file system is read-only; it was /);
    expect(status).toBe(1);
    expect(isModel(join(run, "net.saved.safetensors"))).toBe(true);
  });
});

describe.skipIf(!canMount)("a file mounted on its own is overwritten (skipped where nothing can be mounted)", () => {
  it("in a folder that can be written", () => {
    const { run, status, errors } = trainWith("mounted", {
      before: "echo old > host; touch net.safetensors; mount --bind host net.safetensors",
      fault: ":",
      out: "net.safetensors",
    });
    expect([status, errors]).toEqual([130, []]);
    expect(isModel(join(run, "host"))).toBe(true);
    expect(readdirSync(run).sort()).toEqual(["host", "net.safetensors"]);
  });

  it("in a folder that is read-only, as in many containers", () => {
    const { run, status, errors } = trainWith("container", {
      before:
        "echo old > host; mkdir out; mount -t tmpfs tmpfs out; touch out/net.safetensors; " +
        "mount --bind host out/net.safetensors; mount -o remount,ro out",
      fault: ":",
      out: "out/net.safetensors",
    });
    expect([status, errors]).toEqual([130, []]);
    expect(isModel(join(run, "host"))).toBe(true);
    expect(readdirSync(run).sort()).toEqual(["host", "out"]);
  });
});

it("a checkpoint that cannot be written is saved beside, and the training continues", () => {
  // Moved, not removed: a checkpoint may be written at the same time.
  const { run, status, errors, stderr } = trainWith("checkpoint", {
    before: "mkdir away",
    fault: "mv away gone",
    out: "net.safetensors --checkpoint away/run.checkpoint --checkpoint-every 0",
  });
  expect([status, errors]).toEqual([130, []]);
  const saved = join(run, "run.saved.checkpoint");
  expect(stderr).toContain(`it was saved to ${saved} instead; continuing\n`);
  expect(isModel(join(run, "net.safetensors"))).toBe(true);
  expect(readdirSync(run).sort()).toEqual(["gone", "net.safetensors", "run.saved.checkpoint"]);
});
