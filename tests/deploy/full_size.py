"""Every network at full width against Keras: differences, file sizes. Not part of the tests: it takes hours.

python tests/deploy/full_size.py [--exact] [--pictures 32] [--lce-pictures 4] [--seconds 60] [--side 112] [--data CIFAR10] [NAMES]

A name with a tag ("birealnet.cifar10") stands for trained weights. Others get random ones, with which features flip that lie within
rounding of a sign's jump ("keras in float64" says how far Keras is from itself by that); or, with --exact, weights that need no
rounding, with which nothing may flip. Numbers are [changes of top-1, largest difference of a probability, pictures that differ by
more than 1e-4], and for networks without top, on pictures of odd sizes, the largest difference of a feature.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
import warnings
from importlib.util import find_spec
from pathlib import Path

import numpy as np

# As in the tests: TensorFlow's own kernels, which processors without AVX-512 VNNI get else, add in another order than oneDNN's and
# the backends', and features that lie within rounding of 0 get the other sign.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")

sys.path[:0] = [str(Path(__file__).parents[level]) for level in range(3)]

from deploy_models import random_norms  # noqa: E402
from exact_weights import exact_pictures, exact_weights  # noqa: E402
from narrow import noise  # noqa: E402

import bnn_zoo  # noqa: E402
from bnn_zoo import deploy  # noqa: E402
from bnn_zoo._keras import keras  # noqa: E402
from bnn_zoo.comparison.figures import count  # noqa: E402
from bnn_zoo.training.precision import computing_in  # noqa: E402

LCE_IS_INSTALLED = find_spec("larq_compute_engine") is not None

#: Of networks without top: no power of two divides it, and AlexNet takes it.
ODD_SIZE = (231, 243)


def check(name: str, options: argparse.Namespace) -> dict[str, object]:
    keras.utils.set_random_seed(0)
    side, data = options.side, options.data
    if "." in name:
        model = bnn_zoo.create_model(name)
    else:
        model = _weighted(bnn_zoo.create_model(name, **({"input_shape": (side, side, 3)} if side else {})), options.exact)
    size = count(model).size_mib
    if data is None:
        images = _pictures(*model.input_shape[1:3], options.pictures, options.exact)
    else:
        images = bnn_zoo.preprocess(bnn_zoo.data.load_dataset(data, "test").images[: options.pictures], model)
    images = images[: _affordable(model, images, options.seconds)]
    found: dict[str, object] = {"network": name, "input": list(model.input_shape[1:]), "pictures": len(images)}
    runtime = deploy.compile(model)
    keras_runtime = _Remembered(model, images)
    found["openvino"] = _difference(keras_runtime, runtime, images)
    found["openvino, batch 1"] = _difference(keras_runtime, runtime, images[:8], batch_size=1)
    if not options.exact:
        found["folded"] = _difference(keras_runtime, deploy.fold_batch_norm(model), images)
        found["keras in float64"] = _difference(keras_runtime, _in_float64(model, name), images)
    with tempfile.TemporaryDirectory() as folder:
        path = deploy.export(model, Path(folder) / "network.xml")
        found["bin"] = path.with_suffix(".bin").stat().st_size / 2**20 / size
        found["xml + bin"] = found["bin"] + path.stat().st_size / 2**20 / size  # type: ignore[operator]
        if LCE_IS_INSTALLED and options.lce_pictures:
            path = deploy.export(model, Path(folder) / "network.tflite")
            found["tflite"] = path.stat().st_size / 2**20 / size
            found["lce pictures"] = len(images[: options.lce_pictures])
            found["lce"] = _difference(keras_runtime, deploy.compile(model, "lce"), images[: options.lce_pictures])
    if options.exact:
        found.update(_features(name))
    return found


def _weighted(model: keras.Model, exact: bool) -> keras.Model:
    return exact_weights(model) if exact else random_norms(model)


def _in_float64(model: keras.Model, name: str) -> keras.Model:
    with computing_in("float64"):
        exact = bnn_zoo.create_model(name, input_shape=model.input_shape[1:], num_classes=model.output_shape[-1])
    exact.set_weights(model.get_weights())
    return exact


def _pictures(height: int, width: int, number: int, exact: bool) -> np.ndarray:
    return exact_pictures(height, width, number) if exact else noise(height, width, batch=number)


def _affordable(model: keras.Model, images: np.ndarray, seconds: float) -> int:
    """How many pictures Keras does in that time; at least 4."""
    model.predict(images[:4], verbose=0)
    start = time.perf_counter()
    model.predict(images[:4], verbose=0)
    return max(int(seconds / (time.perf_counter() - start) * 4), 4)


class _Remembered:
    """A Keras model that is run once on its pictures."""

    backend = "keras"

    def __init__(self, model: keras.Model, images: np.ndarray) -> None:
        self._outputs = model.predict(images, batch_size=16, verbose=0)

    def predict(self, images: np.ndarray, batch_size: int) -> np.ndarray:
        return self._outputs[: len(images)]


def _difference(first: _Remembered, second: object, images: np.ndarray, batch_size: int = 32) -> list[float]:
    difference = deploy.compare(first, second, images, batch_size=batch_size)
    return [difference.top1_changes, difference.largest, difference.beyond]


def _features(name: str) -> dict[str, object]:
    model = exact_weights(bnn_zoo.create_model(name, input_shape=(*ODD_SIZE, 3), include_top=False))
    images = exact_pictures(*ODD_SIZE, batch=3)
    expected = model.predict(images, verbose=0)
    found: dict[str, object] = {"largest feature": float(np.abs(expected).max())}
    for backend in ("openvino", "lce") if LCE_IS_INSTALLED else ("openvino",):
        given = deploy.compile(model, backend).predict(images)  # type: ignore[arg-type]
        found[f"{backend}, features"] = float(np.abs(given - expected).max())
    return found


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*")
    parser.add_argument("--pictures", type=int, default=32)
    parser.add_argument("--lce-pictures", type=int, default=4)
    parser.add_argument(
        "--seconds", type=float, default=60, help="for Keras, at most; where it takes longer, fewer pictures are used"
    )
    parser.add_argument("--exact", action="store_true", help="weights that need no rounding")
    parser.add_argument("--side", type=int, help="height and width of the pictures, pixels")
    parser.add_argument("--data", type=Path, help="pictures by class, instead of noise")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    for network in options.names or bnn_zoo.list_models():
        print(json.dumps(check(network, options)), flush=True)
