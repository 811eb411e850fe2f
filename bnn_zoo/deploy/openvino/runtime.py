"""An OpenVINO model as a runtime."""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import openvino as ov

from bnn_zoo._cores import available_cores
from bnn_zoo.deploy.openvino.convert import convert
from bnn_zoo.deploy.pieces import checked_images, filled, sized_batches

#: Compiled batch shapes that are kept; each has its own copy of the kernels.
KEPT = 8

#: bf16 would change on which side of zero a feature falls.
PRECISION = {"INFERENCE_PRECISION_HINT": "f32"}


class OpenVINORuntime:
    """A network on OpenVINO's CPU plugin.

    The plugin's binary kernels want a fixed batch, so that every batch shape is compiled when it is first used.

    Args:
        model: whose batch is free.
        input_shape: (height, width, channels); None where a size is free.
        threads: how many; all cores if not given.
    """

    backend = "openvino"

    def __init__(self, model: ov.Model, input_shape: tuple[int | None, ...], threads: int | None = None) -> None:
        self.model, self.input_shape, self.threads = model, input_shape, threads
        self._core = ov.Core()
        self._compiled: OrderedDict[tuple[int, ...], ov.InferRequest] = OrderedDict()
        self._lock = threading.Lock()

    @classmethod
    def of(cls, model: Any, threads: int | None = None) -> OpenVINORuntime:
        """The runtime of a Keras model."""
        return cls(convert(model), tuple(model.input_shape[1:]), threads)

    def compiled(self, shape: tuple[int, ...], **settings: Any) -> ov.CompiledModel:
        """The network compiled for pictures of one batch shape.

        Args:
            shape: (batch, height, width, channels).
            settings: OpenVINO's own, such as PERF_COUNT=True or NUM_STREAMS=2.

        Raises:
            ValueError: if a layer has no output for pictures of that size, or OpenVINO no kernel for it, such as a wide window with
                strides at a free size.
        """
        options = {**PRECISION, "PERFORMANCE_HINT": "LATENCY", **settings}
        options.setdefault("INFERENCE_NUM_THREADS", self.threads or available_cores())
        model = self._sized(shape)
        try:
            return self._core.compile_model(model, "CPU", options)
        except RuntimeError as error:
            raise _cannot_run(shape, error) from error

    def predict(self, images: Any, batch_size: int = 32) -> np.ndarray:
        array = checked_images(images, self.input_shape)
        pieces = sized_batches(len(array), batch_size)
        if not pieces:
            return np.zeros((0, *list(self._sized((1, *array.shape[1:])).output(0).shape)[1:]), np.float32)
        return np.concatenate([self._run(filled(array[part], size))[: part.stop - part.start] for part, size in pieces])

    def predict_stream(self, batches: Iterable[np.ndarray | None]) -> Iterator[np.ndarray | None]:
        """Runs batch after batch, with one under way on every core.

        Args:
            batches: (batch, height, width, channels), float32, all of one shape: another one than the first's is run by itself,
                which is slower. They are not copied: leave each as it is until its output has come. None stands for a batch of
                which nothing is left to run; what waits before it is not held back for the next one.

        Yields:
            The output of each, in their order; None for None.
        """
        streams = self.threads or available_cores()
        network: ov.CompiledModel | None = None
        idle: list[ov.InferRequest] = []
        busy: deque[tuple[ov.InferRequest, np.ndarray] | None] = deque()  # with what is read while it runs
        shape: tuple[int, ...] = ()

        def oldest() -> np.ndarray | None:
            started = busy.popleft()
            if started is None:
                return None
            request, _ = started
            request.wait()
            idle.append(request)
            return np.array(request.get_output_tensor(0).data)

        for batch in batches:
            if batch is None:
                busy.append(None)
                yield oldest()
                continue
            images = checked_images(batch, self.input_shape)
            if network is None and len(images):
                shape = images.shape
                network = self.compiled(shape, PERFORMANCE_HINT="THROUGHPUT", NUM_STREAMS=streams)
                # One more than can run, so that a core that is done finds the next batch waiting.
                idle = [network.create_infer_request() for _ in range(streams + 1)]
            if images.shape != shape:
                while busy:
                    yield oldest()
                yield self.predict(images, batch_size=max(len(images), 1))
                continue
            while not idle:
                yield oldest()
            request = idle.pop()
            request.start_async([images], share_inputs=True)
            busy.append((request, images))
        while busy:
            yield oldest()

    def _sized(self, shape: tuple[int, ...]) -> ov.Model:
        """The network for pictures of one batch shape."""
        model = self.model.clone()
        try:
            model.reshape(list(shape))
        except RuntimeError as error:
            raise _cannot_run(shape, error) from error
        return model

    def _run(self, images: np.ndarray) -> np.ndarray:
        with self._lock:  # a request holds one set of tensors
            request = self._request(images.shape)
            return np.array(request.infer([images], share_inputs=True)[0])

    def _request(self, shape: tuple[int, ...]) -> ov.InferRequest:
        if shape not in self._compiled:
            self._compiled[shape] = self.compiled(shape).create_infer_request()
            if len(self._compiled) > KEPT:
                self._compiled.popitem(last=False)
        self._compiled.move_to_end(shape)
        return self._compiled[shape]


def _cannot_run(shape: tuple[int, ...], error: RuntimeError) -> ValueError:
    lines = str(error).strip().splitlines()
    reason = lines[-1].rstrip(".")  # above it are places in OpenVINO's code
    layer = next((line.rpartition("friendly_name ")[2].rstrip(":") for line in lines if "friendly_name" in line), None)
    at = f" at layer {layer}" if layer else ""
    return ValueError(f"OpenVINO cannot run this network on pictures of {shape}{at}: {reason}.")
