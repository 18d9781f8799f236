"""Shared by the peers in Python: the choice of OpenBLAS's kernels, reading the job's folder, and the line protocol on
stdin and stdout. numpy is imported only inside functions, because the choice must be made before its first import."""

import ctypes
import json
import os
import subprocess
import sys
import time

FOLDER, THREADS = sys.argv[1], int(sys.argv[2])

# The kernels to try. None is OpenBLAS's own choice, which is its slowest on processors newer than the library.
KERNELS = [None, "Haswell", "Zen", "SkylakeX", "Cooperlake"]

# The program that times one choice: the forward product and gradient of one layer; prints a low quantile of seconds.
PROBE = """
import sys, time
import numpy as np
batch, inputs, units = map(int, sys.argv[1:])
x, w = np.ones((batch, inputs), np.float32), np.ones((inputs, units), np.float32)
d, out, gradient = np.ones((batch, units), np.float32), np.empty((batch, units), np.float32), np.empty_like(w)
times = []
for _ in range(300):
    start = time.perf_counter()
    np.dot(x, w, out=out)
    np.dot(x.T, d, out=gradient)
    times.append(time.perf_counter() - start)
print(sorted(times)[15])
"""


def set_up_openblas():
    """Sets the number of threads, and selects the kernels that are fastest for the products of the job's first layer,
    measured on one thread. Threads of OpenMP wait passively: when polling, they slow each other down on a busy machine."""
    with open(f"{FOLDER}/job.json") as file:
        job = json.load(file)
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    os.environ.pop("OPENBLAS_L2_SIZE", None)
    size = [str(n) for n in (job["batch"], job["inputs"], job["layers"][0]["units"])]
    times = {}
    for kernel in KERNELS:
        os.environ.pop("OPENBLAS_CORETYPE", None)
        if kernel:
            os.environ["OPENBLAS_CORETYPE"] = kernel
        probe = subprocess.run([sys.executable, "-c", PROBE, *size], capture_output=True, text=True)
        if probe.returncode == 0:  # it crashes if the processor lacks the kernel's instructions
            times[kernel] = float(probe.stdout)
    os.environ.pop("OPENBLAS_CORETYPE", None)
    fastest = min(times, key=times.get)
    if fastest:
        os.environ["OPENBLAS_CORETYPE"] = fastest
    os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = str(THREADS)
    os.environ["OMP_WAIT_POLICY"] = "passive"


def openblas_name():
    """The version and the kernels of the OpenBLAS that is loaded as libblas.so.3, for the peer's description."""
    blas = ctypes.CDLL("libblas.so.3")
    try:
        blas.openblas_get_config.restype = blas.openblas_get_corename.restype = ctypes.c_char_p
        version = " ".join(blas.openblas_get_config().decode().split()[:2])
        return f"{version} with {blas.openblas_get_corename().decode()} kernels, the fastest here"
    except AttributeError:
        return "a BLAS that is not OpenBLAS"


class Samples:
    """inputs [count][inputs] as float32 (bytes scaled by 1/255), labels [count] and one_hot [count][outputs]."""

    def __init__(self, job, part):
        import numpy as np

        dtype = np.uint8 if job["dtype"] == "u8" else np.float32
        count = job[f"{part}Count"]
        raw = np.fromfile(f"{FOLDER}/{part}-inputs.{job['dtype']}", dtype).reshape(-1, job["inputs"])[:count]
        self.inputs = raw / np.float32(255) if dtype is np.uint8 else raw
        self.labels = np.fromfile(f"{FOLDER}/{part}-labels.u8", np.uint8)[:count]
        self.one_hot = np.eye(job["outputs"], dtype=np.float32)[self.labels]


def read_job():
    """The job with its samples as float32 and, in every layer, W [units][inputs] and B [units]."""
    import numpy as np

    with open(f"{FOLDER}/job.json") as file:
        job = json.load(file)
    weights = np.fromfile(f"{FOLDER}/weights.f32", np.float32)
    inputs = job["inputs"]
    for layer in job["layers"]:
        units = layer["units"]
        W, B, weights = np.split(weights, [units * inputs, units * inputs + units])
        layer["W"], layer["B"] = W.reshape(units, inputs), B
        inputs = units
    job["outputs"] = inputs
    job["train"], job["test"] = Samples(job, "train"), Samples(job, "test")
    return job


def serve(job, peer, version, setting, step, parameters, predict):
    """Trains for epochSamples samples, reports the accuracy, then measures one round per line "go" until stdin ends.
    step(from, to) trains on those samples; parameters() returns numpy arrays; predict(x) returns the outputs of rows
    [count][inputs] as a numpy array. All three return only when the work is done."""
    import numpy as np

    batch, batches, steps = job["batch"], job["trainCount"] // job["batch"], 0

    # Mini-batches in file order, from the start again after the last full one.
    def next_step():
        nonlocal steps
        start = steps % batches * batch
        step(start, start + batch)
        steps += 1

    def train_round():
        count, start = 0, time.perf_counter()
        while (seconds := time.perf_counter() - start) < job["roundSeconds"]:
            next_step()
            count += 1
        return {"samples": count * batch, "seconds": seconds}

    # Half of the round for the latency of single samples, half for the throughput over the whole test set.
    def infer_round():
        half, x = job["roundSeconds"] / 2, job["test"].inputs
        latencies, start = [], time.perf_counter()
        while time.perf_counter() - start < half:
            i = len(latencies) % len(x)
            single = time.perf_counter()
            predict(x[i : i + 1])
            latencies.append(time.perf_counter() - single)
        count, start = 0, time.perf_counter()
        while (seconds := time.perf_counter() - start) < half:
            predict(x)
            count += len(x)
        return {"latencySeconds": float(np.median(latencies)), "throughput": count / seconds}

    train = job["kind"] == "train"
    while train and (steps + 1) * batch <= job["epochSamples"]:
        next_step()
    outputs = predict(job["test"].inputs)
    # Checksums, equal up to rounding for all peers that do exactly the job.
    largest = outputs.max(axis=1).sum(dtype=float)
    checksum = sum(np.abs(p).sum(dtype=float) for p in parameters()) if train else largest
    ready = {
        "ready": True,
        "peer": peer,
        "variant": str(THREADS),
        "version": version,
        "setting": setting,
        "accuracy": float((outputs.argmax(axis=1) == job["test"].labels).mean()),
        "trainedSamples": steps * batch,
        "checksum": float(checksum),
    }
    print(json.dumps(ready), flush=True)
    for line in sys.stdin:
        if line.strip() == "go":
            print(json.dumps(train_round() if train else infer_round()), flush=True)
