"""Every network at full width against Keras: differences, file sizes. Not part of the tests: it takes half an hour.

python tests/deploy/full_size.py [--pictures 32] [--lce-pictures 4] [--side 112] [--data CIFAR10] [NAME ...]

A name with a tag ("birealnet.cifar10") stands for trained weights; others get random ones. Numbers are [changes of top-1, largest
difference of a probability, pictures that differ by more than 1e-4].
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import warnings
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[level]) for level in range(3)]

from deploy_models import random_norms  # noqa: E402
from narrow import noise  # noqa: E402

import bnn_zoo  # noqa: E402
from bnn_zoo import deploy  # noqa: E402
from bnn_zoo._keras import keras  # noqa: E402
from bnn_zoo.comparison.figures import count  # noqa: E402
from bnn_zoo.deploy.backends import is_installed  # noqa: E402


def check(name: str, pictures: int, lce_pictures: int, side: int | None, data: Path | None) -> dict[str, object]:
    keras.utils.set_random_seed(0)
    if "." in name:
        model = bnn_zoo.create_model(name)
    else:
        model = random_norms(bnn_zoo.create_model(name, **({"input_shape": (side, side, 3)} if side else {})))
    size = count(model).size_mib
    if data is None:
        images = noise(*model.input_shape[1:], batch=pictures)
    else:
        images = bnn_zoo.preprocess(bnn_zoo.data.load_dataset(data, "test").images[:pictures], model)
    found: dict[str, object] = {"network": name, "input": list(model.input_shape[1:]), "pictures": len(images)}
    runtime = deploy.compile(model)
    for kind, other in (("openvino", runtime), ("folded", deploy.fold_batch_norm(model))):
        difference = deploy.compare(model, other, images, batch_size=16)
        found[kind] = [difference.top1_changes, difference.largest, difference.beyond]
    with tempfile.TemporaryDirectory() as folder:
        path = deploy.export(model, Path(folder) / "network.xml")
        found["bin"] = path.with_suffix(".bin").stat().st_size / 2**20 / size
        found["xml + bin"] = found["bin"] + path.stat().st_size / 2**20 / size  # type: ignore[operator]
        if is_installed("lce") and lce_pictures:
            path = deploy.export(model, Path(folder) / "network.tflite")
            found["tflite"] = path.stat().st_size / 2**20 / size
            difference = deploy.compare(model, deploy.compile(model, "lce"), images[:lce_pictures])
            found["lce"] = [difference.top1_changes, difference.largest, difference.beyond]
    return found


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*")
    parser.add_argument("--pictures", type=int, default=32)
    parser.add_argument("--lce-pictures", type=int, default=4)
    parser.add_argument("--side", type=int, help="height and width of the pictures, pixels")
    parser.add_argument("--data", type=Path, help="pictures by class, instead of noise")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    for network in options.names or bnn_zoo.list_models():
        print(json.dumps(check(network, options.pictures, options.lce_pictures, options.side, options.data)), flush=True)
