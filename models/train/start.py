"""Begin from the weights of a released file instead of from noise.

An exported file has its batch norms folded into the convolutions, so they are taken apart again:
each norm is given the mean and spread that real scenes show at its place, with the gain and shift
that undo them. The network then answers as the file does, and goes on learning with batch
statistics. A block the file does not know begins as one that changes nothing.
"""

# mypy: disallow-subclassing-any=False, disallow-untyped-decorators=False

import hashlib
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import Tensor, nn

from models.train.detector_net import DetectorNet

START = Path(__file__).parents[1] / "weights" / "start" / "onlooker-face-0.2.0.onnx"
SHA256 = "3eac695b54bdc46b80e6c4d276b87832b0cc0efd6f1106d9cdfa2927988e6b63"


class StartError(ValueError):
    """The file to begin from is not the one the recipe names."""


def begun(net: DetectorNet, scenes: Tensor, path: Path = START, sha256: str = SHA256) -> None:
    """Fill `net` from the file; `scenes` (n, 3, h, w) show what its norms will meet."""
    filled(net, path, sha256)
    _unfold(net, scenes)


def filled(net: nn.Module, path: Path, sha256: str) -> None:
    """Give `net` the file's weights, to be run as it is (in `eval`)."""
    content = path.read_bytes() if path.is_file() else b""
    digest = hashlib.sha256(content).hexdigest()
    if digest != sha256:
        raise StartError(
            f"found {path} with sha256 {digest}, wanted {sha256}; take the file from the "
            "repository again"
        )
    folded = _convolutions(onnx.load_from_string(content))
    modules = dict(net.named_modules())
    for module in modules.values():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.zeros_(module.weight)
    for name, module in modules.items():
        if isinstance(module, nn.Conv2d) and name in folded:
            weight, bias = folded[name]
            module.weight.data.copy_(torch.from_numpy(weight))
            target = module if module.bias is not None else modules.get(_norm_after(name))
            if bias is not None and target is not None:
                _shift(target, bias)


def _convolutions(model: onnx.ModelProto) -> dict[str, tuple[np.ndarray, np.ndarray | None]]:
    """Return weight and bias by the module path that the exporter left in the nodes' names."""
    known = {t.name: numpy_helper.to_array(t).copy() for t in model.graph.initializer}
    found = {}
    for node in model.graph.node:
        if node.op_type == "Conv":
            module = node.name.removeprefix("/net").removesuffix("/Conv").strip("/").split("/")
            parts = [known[name] for name in node.input[1:]]
            found[_path(module)] = (parts[0], parts[1] if len(parts) > 1 else None)
    return found


def _path(parts: list[str]) -> str:
    """Join /fine/fine.0/depthwise into fine.0.depthwise."""
    path = parts[0]
    for part in parts[1:]:
        path = part if part.startswith(f"{path}.") else f"{path}.{part}"
    return path


def _norm_after(name: str) -> str:
    """Return the path of the norm behind a convolution: beside a pointwise one, or next."""
    around, _, kind = name.rpartition(".")
    return f"{around}.{int(kind) + 1}" if kind.isdigit() else f"{around}.norm"


def _shift(module: nn.Module, bias: np.ndarray) -> None:
    assert isinstance(module, nn.Conv2d | nn.BatchNorm2d)
    assert module.bias is not None
    module.bias.data.copy_(torch.from_numpy(bias))
    if isinstance(module, nn.BatchNorm2d):
        nn.init.ones_(module.weight)


@torch.no_grad()
def _unfold(net: DetectorNet, scenes: Tensor) -> None:
    """Give every norm the statistics of its place without changing what it answers."""
    seen: dict[nn.BatchNorm2d, tuple[Tensor, Tensor]] = {}

    def watch(norm: nn.Module, inputs: tuple[Tensor, ...], _: Tensor) -> None:
        assert isinstance(norm, nn.BatchNorm2d)
        seen[norm] = (inputs[0].mean((0, 2, 3)), inputs[0].var((0, 2, 3)))

    norms = [module for module in net.modules() if isinstance(module, nn.BatchNorm2d)]
    watching = [norm.register_forward_hook(watch) for norm in norms]
    net.eval()(scenes)
    for norm, hook in zip(norms, watching, strict=True):
        hook.remove()
        mean, spread = seen[norm]
        assert norm.running_mean is not None
        assert norm.running_var is not None
        # a fresh norm answers x / sqrt(1 + eps): the folded one answered x
        true_gain = norm.weight / torch.sqrt(norm.running_var + norm.eps)
        norm.bias += true_gain * mean
        norm.weight.copy_(true_gain * torch.sqrt(spread + norm.eps))
        norm.running_mean.copy_(mean)
        norm.running_var.copy_(spread)
    net.train()
