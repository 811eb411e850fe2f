"""How much of a backend's speed is left when pictures come from files, and what memory that takes. Not part of the tests.

python tests/deploy/throughput.py [--pictures 10000] [--size 256] [NAME]
"""

from __future__ import annotations

import argparse
import functools
import itertools
import resource
import statistics
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

import bnn_zoo
from bnn_zoo import deploy
from bnn_zoo.data.preprocessing import apply_preprocessing
from bnn_zoo.data.samples import sample_pictures
from bnn_zoo.inference import preprocessing_of

BATCH = 8


def write_pictures(folder: Path, count: int, size: int) -> list[Path]:
    """As many JPEG files, turned and shifted versions of the sample pictures."""
    rng, paths = np.random.default_rng(0), []
    sources = [Image.open(path).resize((size, size)) for path, _ in sample_pictures()]
    for number in range(count):
        picture = sources[number % len(sources)].rotate(rng.uniform(-20, 20))
        paths.append(folder / f"{number:05}.jpg")
        picture.save(paths[-1], quality=90)
    return paths


def rate(work: object, pictures: int) -> float:
    start = time.perf_counter()
    for _ in work:  # type: ignore[attr-defined]
        pass
    return pictures / (time.perf_counter() - start)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("name", nargs="?", default="birealnet.cifar10")
    parser.add_argument("--pictures", type=int, default=10_000)
    parser.add_argument("--size", type=int, default=32)
    options = parser.parse_args()
    model = bnn_zoo.create_model(options.name)
    runtime = deploy.compile(model, "openvino")
    prepare = functools.partial(apply_preprocessing, preprocessing=preprocessing_of(model))
    with tempfile.TemporaryDirectory() as folder:
        paths = write_pictures(Path(folder), min(options.pictures, 1000), options.size)
        some = prepare([np.asarray(Image.open(path)) for path in paths[:BATCH]])
        ratios = []
        for _ in range(5):
            alone = rate(runtime.predict_stream(itertools.repeat(some, 1000 // BATCH)), 1000)  # type: ignore[attr-defined]
            whole = rate(deploy.predict_pictures(runtime, paths, prepare, batch_size=BATCH), len(paths))
            ratios.append(whole / alone)
            print(f"{alone:.0f} a second in memory, {whole:.0f} from files of {options.size}x{options.size}: {whole / alone:.2f}")
        print(f"median {statistics.median(ratios):.2f}")
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        repeated = itertools.islice(itertools.cycle(paths), options.pictures)
        rate(deploy.predict_pictures(runtime, repeated, prepare, batch_size=BATCH), options.pictures)
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
        print(f"{options.pictures} more pictures: {grown:.1f} MiB more at most", file=sys.stdout)
