"""numpy on OpenBLAS, backpropagation written by hand. Variants: one thread, two threads.

Fairness: float32 throughout; the samples are contiguous, so that a batch in file order is a view and needs no copy; all products
and element-wise operations write into memory allocated once; the learning rate is multiplied into the last layer's delta, the
smallest array, so that gradients are subtracted without another pass; each weight matrix has the memory order that is faster
for its width."""

from common import THREADS, openblas_name, read_job, serve, set_up_openblas

set_up_openblas()

import numpy as np

np.seterr(over="ignore")  # e^-z of a saturated sigmoid may be infinite, which gives the correct 0

WIDE = 64  # units from which on [inputs][units] is faster than [units][inputs] with OpenBLAS


class Layer:
    """A dense layer with all arrays that a step writes: gradients, outputs, deltas, slopes."""

    def __init__(self, spec, batch):
        units, inputs = spec["W"].shape
        self.wide = units >= WIDE
        self.stored = np.ascontiguousarray(spec["W"].T if self.wide else spec["W"])
        self.W = self.stored if self.wide else self.stored.T  # [inputs][units], a view
        self.B = spec["B"].copy()
        self.activation = spec["activation"]
        self.W_gradient, self.B_gradient = np.empty_like(self.stored), np.empty_like(self.B)
        self.buffers = {}
        self.delta, self.input_delta = (np.empty((batch, n), np.float32) for n in (units, inputs))
        self.slope = np.empty((batch, units), np.float32)
        self.active = np.empty((batch, units), bool)

    def forward(self, x):
        """The activations [len(x)][units], in an array that is reused for this number of samples."""
        if len(x) not in self.buffers:
            self.buffers[len(x)] = np.empty((len(x), len(self.B)), np.float32)
        a = np.dot(x, self.W, out=self.buffers[len(x)])
        a += self.B
        if self.activation == "relu":
            np.maximum(a, 0, out=a)
        elif self.activation == "sigmoid":
            np.negative(a, out=a)
            np.exp(a, out=a)
            a += 1
            np.reciprocal(a, out=a)
        else:
            a -= a.max(axis=1, keepdims=True)
            np.exp(a, out=a)
            a /= a.sum(axis=1, keepdims=True)
        return a

    def times_slope(self, delta, a):
        """delta *= S'(z), from the activations."""
        if self.activation == "relu":
            np.greater(a, 0, out=self.active)
            np.multiply(delta, self.active, out=delta)
        else:
            np.subtract(1, a, out=self.slope)
            self.slope *= a
            delta *= self.slope

    def update(self, x, delta):
        """W -= xᵀ·delta and B -= Σ delta, in place; delta includes the factor rate / batch."""
        if self.wide:
            np.dot(x.T, delta, out=self.W_gradient)
        else:
            np.dot(delta.T, x, out=self.W_gradient)
        self.stored -= self.W_gradient
        np.add.reduce(delta, axis=0, out=self.B_gradient)
        self.B -= self.B_gradient


job = read_job()
layers = [Layer(spec, job["batch"]) for spec in job["layers"]]
quadratic = job["loss"] == "quadratic"
factor = np.float32((2 if quadratic else 1) * job["rate"] / job["batch"])


def predict(x):
    for layer in layers:
        x = layer.forward(x)
    return x


# One step of backpropagation and gradient descent on the samples from start to stop.
def step(start, stop):
    activations = [job["train"].inputs[start:stop]]
    for layer in layers:
        activations.append(layer.forward(activations[-1]))
    delta = np.subtract(activations[-1], job["train"].one_hot[start:stop], out=layers[-1].delta)
    delta *= factor
    if quadratic:
        layers[-1].times_slope(delta, activations[-1])
    for i in reversed(range(len(layers))):
        layer, x = layers[i], activations[i]
        if i > 0:
            below = np.dot(delta, layer.W.T, out=layer.input_delta)
            layers[i - 1].times_slope(below, x)
        layer.update(x, delta)
        if i > 0:
            delta = below


serve(
    job,
    peer="numpy",
    version=np.__version__,
    setting=f"{openblas_name()}, {THREADS} thread(s), float32, in place, batches are views",
    step=step,
    parameters=lambda: [p for layer in layers for p in (layer.stored, layer.B)],
    predict=predict,
)
