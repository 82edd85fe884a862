"""ONNX Runtime on the CPU, fp32: the default engine, and the only one that the base install needs."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tasrih.errors import ModelError

#: An output that only what goes on from a model asks for: the states between its lower and its upper blocks.
STATES = "inner_states"


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
        names = [node.name for node in self._session.get_outputs()]
        self._gives_states = STATES in names
        self._outputs = [name for name in names if name != STATES]
        self.streams = streams

    def run(self, batch: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Compute one padded batch; inputs that the graph does not know are left out."""
        inputs = {name: value for name, value in batch.items() if name in self._inputs}
        return dict(zip(self._outputs, self._session.run(self._outputs, inputs), strict=True))

    def states(self, batch: dict[str, np.ndarray]) -> np.ndarray:
        """Compute the states between the lower and the upper blocks of one padded batch.

        Args:
            batch: as ``run`` takes it.

        Returns:
            ``float32`` of shape (windows, tokens, width).

        Raises:
            ModelError: if the graph does not give them.
        """
        if not self._gives_states:
            raise ModelError(f"the graph has no output {STATES!r}: export the model again")
        inputs = {name: value for name, value in batch.items() if name in self._inputs}
        return self._session.run([STATES], inputs)[0]
