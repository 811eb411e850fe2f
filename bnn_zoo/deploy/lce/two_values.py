"""Kernels of two values take 8 bits a weight in the file, not 32.

A layer whose kernel is binary and whose inputs are not stays a float layer in Larq Compute Engine, its kernel a float32 tensor: for
each filter one value and its negative. Here it is stored as +1 and -1 in int8, with that value as the filter's scale, and a
DEQUANTIZE operation gives the values back, exactly: once, when the file is loaded, since what it works on is constant.
"""

from __future__ import annotations

from typing import Any

import numpy as np

#: Below this a tensor's new operation and scale are not worth their bytes.
_LEAST_WEIGHTS = 1024
_LEAST_WEIGHTS_A_FILTER = 16
_FILE_IDENTIFIER = b"TFL3"


def store_in_int8(file: bytes) -> bytes:
    """The same .tflite file with its kernels of two values in int8; the file itself where it has none."""
    import flatbuffers  # type: ignore[import-untyped]
    from tensorflow.lite.python import schema_py_generated as schema

    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(file, 0))
    graph = model.subgraphs[0]
    added = []
    for index in range(len(graph.tensors)):
        kernel = _kernel(schema, model, graph.tensors[index])
        scales = None if kernel is None else _scales(kernel)
        if scales is not None:
            added.append(_shrink(schema, model, graph, index, np.sign(kernel).astype(np.int8), scales))
    if not added:
        return file
    graph.operators = added + graph.operators
    builder = flatbuffers.Builder(len(file))
    builder.Finish(model.Pack(builder), _FILE_IDENTIFIER)
    return bytes(builder.Output())


def _kernel(schema: Any, model: Any, tensor: Any) -> Any:
    """A constant float tensor of some size as (filters, weights of one), or None."""
    data = model.buffers[tensor.buffer].data
    if tensor.type != schema.TensorType.FLOAT32 or data is None or len(data) < 4 * _LEAST_WEIGHTS:
        return None
    return np.frombuffer(bytes(data), "<f4").reshape(tensor.shape[0], -1)


def _scales(kernel: Any) -> Any:
    """The size that all weights of a filter have, (filters,); None where they have several, or are too few for a scale to pay."""
    sizes = np.abs(kernel)
    if kernel.shape[1] < _LEAST_WEIGHTS_A_FILTER or not (sizes == sizes[:, :1]).all():
        return None
    return np.where(sizes[:, 0] > 0, sizes[:, 0], 1)  # a filter of zeros has signs of zero


def _shrink(schema: Any, model: Any, graph: Any, index: int, signs: Any, scales: Any) -> Any:
    """Stores a tensor's signs in place of its values, and gives the operation that computes these."""
    tensor = graph.tensors[index]
    buffer = schema.BufferT()
    buffer.data = signs.reshape(-1).view(np.uint8)
    model.buffers.append(buffer)
    stored = schema.TensorT()
    stored.name, stored.shape, stored.type = tensor.name + b"/signs", tensor.shape, schema.TensorType.INT8
    stored.buffer = len(model.buffers) - 1
    stored.quantization = schema.QuantizationParametersT()
    stored.quantization.scale, stored.quantization.zeroPoint = scales.tolist(), [0] * len(scales)
    stored.quantization.quantizedDimension = 0
    graph.tensors.append(stored)
    if sum(other.buffer == tensor.buffer for other in graph.tensors) == 1:
        model.buffers[tensor.buffer].data = None
    tensor.buffer = 0  # the empty one: computed, no longer stored
    operation = schema.OperatorT()
    operation.opcodeIndex = _dequantize(schema, model)
    operation.inputs, operation.outputs = [len(graph.tensors) - 1], [index]
    operation.builtinOptionsType = schema.BuiltinOptions.DequantizeOptions
    operation.builtinOptions = schema.DequantizeOptionsT()
    return operation


def _dequantize(schema: Any, model: Any) -> int:
    """The operation's place among those that the file names; it is added where it is missing."""
    for place, code in enumerate(model.operatorCodes):
        if code.builtinCode == schema.BuiltinOperator.DEQUANTIZE and not code.customCode:
            return place
    code = schema.OperatorCodeT()
    code.builtinCode = code.deprecatedBuiltinCode = schema.BuiltinOperator.DEQUANTIZE
    code.version = 2  # the first that reads int8
    model.operatorCodes.append(code)
    return len(model.operatorCodes) - 1
