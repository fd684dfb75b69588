"""Exports a training checkpoint as an ONNX file.

The averaged weights are exported. The outputs of the file are compared with those of the network on
random pictures; a difference above `PARITY` is refused.
"""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import torch
from torch import nn

OPSET = 17
PARITY = 2e-3


class ParityError(RuntimeError):
    """The outputs of the exported network differ from those of the trained one."""


def load_average(net: nn.Module, checkpoint: Path) -> nn.Module:
    """Load the averaged weights of a checkpoint into `net`, in evaluation mode."""
    state = torch.load(checkpoint, map_location="cpu", weights_only=True)
    net.load_state_dict(state["average"])
    return net.eval()


def export_onnx(
    net: nn.Module, example: torch.Tensor, path: Path, *, outputs: list[str], free: dict[int, str]
) -> Path:
    """Write `net` as ONNX with the variable axes `free`, and compare the outputs."""
    axes = {"image": free, **{name: dict(free) for name in outputs}}
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.onnx.export(
        net,
        (example,),
        str(path),
        input_names=["image"],
        output_names=outputs,
        dynamic_axes=axes,
        opset_version=OPSET,
        dynamo=False,
    )
    onnx.checker.check_model(str(path))
    _compare(net, example, path, outputs)
    return path


def _compare(net: nn.Module, example: torch.Tensor, path: Path, outputs: list[str]) -> None:
    runtime = ort.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    with torch.no_grad():
        wanted = net(example)
    wanted = wanted if isinstance(wanted, tuple) else (wanted,)
    found = runtime.run(outputs, {"image": example.numpy()})
    gap = max(float(np.abs(f - w.numpy()).max()) for f, w in zip(found, wanted, strict=True))
    if gap > PARITY:
        raise ParityError(
            f"found {path} differing by {gap:.5f} from the trained network, expected at most "
            f"{PARITY}; export with another operator set or look for an unsupported operator"
        )
