"""ONNX Runtime on the CPU, fp32: the default engine, and the only one that the base install needs."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tasrih.errors import ModelError


class OnnxEngine:
    """ONNX Runtime on the CPU, fp32."""

    name = "onnx fp32"

    def __init__(self, path: Path, *, threads: int | None = None, streams: int = 1) -> None:
        """Open a graph.

        Args:
            path: the ``.onnx`` file.
            threads: threads of one pass; None leaves it to the runtime (all cores).
            streams: passes that may run at once. Many passes of one thread each do more than one pass of many
                threads, which wait for each other at every step.

        Raises:
            ModelError: if the file is no graph that the runtime can open.
        """
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        if threads is not None:
            options.intra_op_num_threads = threads
        try:
            self._session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # the runtime's own exception classes share no base of their own
            raise ModelError(f"{path} cannot be opened by onnxruntime: {str(error).splitlines()[0]}") from None
        self._inputs = {node.name for node in self._session.get_inputs()}
        self._outputs = [node.name for node in self._session.get_outputs()]
        self.streams = streams

    def run(self, batch: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Compute one padded batch; inputs that the graph does not know are left out."""
        inputs = {name: value for name, value in batch.items() if name in self._inputs}
        return dict(zip(self._outputs, self._session.run(self._outputs, inputs), strict=True))
