"""OpenVINO on the CPU: bf16 where the processor has AMX, int8 products where it has VNNI, fp32 elsewhere."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import numpy as np

from tasrih.errors import MissingExtraError, ModelError
from tasrih.models.engines.machine import cores, processor_flags
from tasrih.models.engines.onnx import STATES

PRECISIONS = ("bf16", "int8", "fp32")

#: Activations of a token that share one scale in int8 products. Measured on the statement test sentences against
#: fp32: 99th percentile of the difference of scores .0035 with 32, .0046 with 64, .0072 with 256, for 4 % of time.
_GROUP = 64

#: Models of a parent process, and who may replace them.
_LEFT_BEHIND: list = []
_OPENING = threading.Lock()


def best_precision() -> str:
    """Name the fastest precision that this processor has instructions for."""
    flags = processor_flags()
    if "amx_bf16" in flags:
        return "bf16"
    return "int8" if flags & {"avx512_vnni", "avx_vnni"} else "fp32"


class OpenVinoEngine:
    """OpenVINO on the CPU; each pass on one core, as many at once as there are cores.

    In int8 the matrix products take activations that are rounded to 8 bits with a scale for every 64 numbers of
    every token (OpenVINO's dynamic quantisation), so that no scale depends on a neighbour in the batch.
    """

    def __init__(self, path: Path, *, precision: str | None = None, streams: int | None = None) -> None:
        """Open a graph.

        Args:
            path: the ``.onnx`` file.
            precision: ``bf16``, ``int8`` or ``fp32``; None takes the fastest that the processor has.
            streams: passes that may run at once; None takes one a core.

        Raises:
            MissingExtraError: if openvino is not installed.
            ModelError: if OpenVINO cannot open the file, or this processor lacks the precision.
        """
        self._precision = precision or best_precision()
        if self._precision not in PRECISIONS:
            raise ModelError(f"OpenVINO has no precision {precision!r}: choose from {', '.join(PRECISIONS)}")
        if self._precision == "bf16" and "amx_bf16" not in processor_flags():
            # without AMX it is no faster, and OpenVINO 2026.4 ends the process on some processors
            raise ModelError("this processor has no AMX, which bf16 in OpenVINO needs: take openvino:int8 or :fp32")
        self.streams = streams or cores()
        self.name = f"openvino {self._precision}"
        self._path = path
        self._open()

    def _open(self) -> None:
        try:
            import openvino
        except ImportError:
            raise MissingExtraError("openvino", "openvino", "the engine openvino") from None
        core = openvino.Core()
        try:
            model = core.read_model(str(self._path))
        except RuntimeError as error:
            raise ModelError(f"{self._path} cannot be opened by OpenVINO: {str(error).splitlines()[-1]}") from None
        _fold_weights(model, keep=self._precision == "int8")
        settings = {
            "INFERENCE_PRECISION_HINT": "bf16" if self._precision == "bf16" else "f32",
            "DYNAMIC_QUANTIZATION_GROUP_SIZE": _GROUP if self._precision == "int8" else 0,
            "INFERENCE_NUM_THREADS": self.streams,
            "NUM_STREAMS": self.streams,
        }
        self._compiled = core.compile_model(model, "CPU", settings)
        self._inputs = {port.any_name for port in self._compiled.inputs}
        self._outputs = [(port.any_name, port) for port in self._compiled.outputs if port.any_name != STATES]
        self._requests = threading.local()
        self._process = os.getpid()

    def run(self, batch: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Compute one padded batch; inputs that the graph does not know are left out."""
        if self._process != os.getpid():
            self._open_again()
        request = getattr(self._requests, "request", None)
        if request is None:
            request = self._requests.request = self._compiled.create_infer_request()
        inputs = {name: value for name, value in batch.items() if name in self._inputs}
        results = request.infer(inputs, share_inputs=True)
        return {name: np.array(results[port]) for name, port in self._outputs}

    def _open_again(self) -> None:
        """Open the model in a forked process: the threads that its parent's copy waits for do not live on there."""
        with _OPENING:
            if self._process != os.getpid():
                _LEFT_BEHIND.append((self._compiled, self._requests))  # whose end would be that of the process
                self._open()


def _fold_weights(model, *, keep: bool) -> None:
    """Compute weights that a graph stores as int8 and scales, in place, so that products find plain ones.

    With ``keep``, those whose scales belong to the products' outputs stay int8; any other kind must not:
    OpenVINO 2026.4 takes its scales for those of the outputs where a batch has few rows.
    """
    from openvino import opset13

    for node in model.get_ordered_ops():
        if node.get_type_name() != "MatMul":
            continue
        scaled = node.input_value(1).get_node()
        if scaled.get_type_name() != "Multiply":
            continue
        stored, scale = scaled.input_value(0).get_node(), scaled.input_value(1).get_node()
        if stored.get_type_name() != "Convert" or scale.get_type_name() != "Constant":
            continue
        weights = stored.input_value(0).get_node()
        if weights.get_type_name() != "Constant":
            continue
        summed = 1 if node.get_attributes()["transpose_b"] else 0
        if not (keep and scale.data.shape[summed] == 1):
            plain = opset13.constant(weights.data.astype(np.float32) * scale.data)
            node.input(1).replace_source_output(plain.output(0))
