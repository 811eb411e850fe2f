"""An OpenVINO model as a runtime."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict, deque
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import openvino as ov

from bnn_zoo.deploy.openvino.convert import convert
from bnn_zoo.deploy.pieces import batches, checked_images

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
            ValueError: if OpenVINO has no kernel for one of its layers, such as a wide window with strides at a free size.
        """
        model = self.model.clone()
        model.reshape(list(shape))
        options = {**PRECISION, "PERFORMANCE_HINT": "LATENCY", **settings}
        options.setdefault("INFERENCE_NUM_THREADS", self.threads or os.cpu_count() or 1)
        try:
            return self._core.compile_model(model, "CPU", options)
        except RuntimeError as error:
            reason = str(error).strip().splitlines()[-1]  # above it are places in OpenVINO's code
            raise ValueError(f"OpenVINO cannot run this network on pictures of {shape}: {reason}.") from error

    def predict(self, images: Any, batch_size: int = 32) -> np.ndarray:
        array = checked_images(images, self.input_shape)
        parts = list(batches(len(array), batch_size))
        if not parts:
            model = self.model.clone()
            model.reshape([1, *array.shape[1:]])
            return np.zeros((0, *list(model.output(0).shape)[1:]), np.float32)
        return np.concatenate([self._run(array[part]) for part in parts])

    def predict_stream(self, batches: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
        """Runs batch after batch, with one under way on every core.

        Args:
            batches: (batch, height, width, channels), float32, all of one shape: another one than the first's is run by itself,
                which is slower. They are not copied: leave each as it is until its output has come.

        Yields:
            The output of each, in their order.
        """
        streams = self.threads or os.cpu_count() or 1
        network: ov.CompiledModel | None = None
        idle: list[ov.InferRequest] = []
        busy: deque[tuple[ov.InferRequest, np.ndarray]] = deque()  # with what is read while it runs
        shape: tuple[int, ...] = ()
        for batch in batches:
            images = checked_images(batch, self.input_shape)
            if network is None and len(images):
                shape = images.shape
                network = self.compiled(shape, PERFORMANCE_HINT="THROUGHPUT", NUM_STREAMS=streams)
                # One more than can run, so that a core that is done finds the next batch waiting.
                idle = [network.create_infer_request() for _ in range(streams + 1)]
            if images.shape != shape:
                while busy:
                    request, _ = busy.popleft()
                    yield _finished(request)
                    idle.append(request)
                yield self.predict(images, batch_size=max(len(images), 1))
                continue
            if not idle:
                request, _ = busy.popleft()
                yield _finished(request)
                idle.append(request)
            request = idle.pop()
            request.start_async([images], share_inputs=True)
            busy.append((request, images))
        while busy:
            yield _finished(busy.popleft()[0])

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


def _finished(request: ov.InferRequest) -> np.ndarray:
    request.wait()
    return np.array(request.get_output_tensor(0).data)
