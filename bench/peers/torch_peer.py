"""PyTorch. Variants: one thread, two threads.

Fairness: float32 tensors are loaded once, a batch is a view of them, without a DataLoader; the loss is traced by TorchScript
(Debian's version has no torch.compile); gradients come from autograd; SGD is one foreach operation, as in its own optimizer
but without the bookkeeping. On Debian its matrix products use the same OpenBLAS as numpy's."""

from common import THREADS, openblas_name, read_job, serve, set_up_openblas

set_up_openblas()

import torch
from torch.nn import functional as F

torch.set_num_threads(THREADS)
job = read_job()
activations = {"sigmoid": torch.sigmoid, "relu": torch.relu, "softmax": lambda z: z}
parameters = [torch.tensor(spec[name], requires_grad=True) for spec in job["layers"] for name in ("W", "B")]
train = job["train"]
cross_entropy = job["loss"] == "crossEntropy"
inputs = torch.from_numpy(train.inputs)
targets = torch.from_numpy(train.labels).long() if cross_entropy else torch.from_numpy(train.one_hot)


def forward(x, parameters):
    """The last layer's activations, or its logits when it ends in softmax."""
    for spec, W, B in zip(job["layers"], parameters[::2], parameters[1::2]):
        x = activations[spec["activation"]](F.linear(x, W, B))
    return x


# The mean loss over a batch; its parameters are arguments, so that it can be traced.
def loss(x, y, *parameters):
    outputs = forward(x, parameters)
    return F.cross_entropy(outputs, y) if cross_entropy else F.mse_loss(outputs, y, reduction="sum") / job["batch"]


traced = torch.jit.trace(loss, (inputs[: job["batch"]], targets[: job["batch"]], *parameters))


def step(start, stop):
    gradients = torch.autograd.grad(traced(inputs[start:stop], targets[start:stop], *parameters), parameters)
    with torch.no_grad():
        torch._foreach_add_(parameters, gradients, alpha=-job["rate"])


@torch.inference_mode()
def predict(x):
    outputs = forward(torch.from_numpy(x), parameters)
    return (outputs.softmax(1) if cross_entropy else outputs).numpy()


serve(
    job,
    peer="pytorch",
    version=torch.__version__,
    setting=f"{openblas_name()}, {THREADS} thread(s), TorchScript and autograd, foreach SGD, batches are views",
    step=step,
    parameters=lambda: [p.detach().numpy() for p in parameters],
    predict=predict,
)
