"""Which precision, and whether XLA, makes the fastest steps here: measured, since it depends on processor, network and batch."""

from __future__ import annotations

import functools
import math
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from bnn_zoo._error_words import first_line
from bnn_zoo._keras import Tensor, keras, tf
from bnn_zoo.training.choices import PrecisionChoice, XlaChoice
from bnn_zoo.training.claim import read_claim
from bnn_zoo.training.optimizers import make_optimizer
from bnn_zoo.training.precision import computing_in
from bnn_zoo.training.recipe import PRECISIONS, Precision, Recipe
from bnn_zoo.training.run import CLAIM

_ROUNDS = 5

#: How many times as long as another's a step may take to be measured to the end.
_HOPELESS = 3.0

#: From this on it is worth a line that the processor is slower in bfloat16.
_SLOWER = 1.5


def settle(
    build: Callable[[], keras.Model],
    recipe: Recipe,
    out: Path,
    precision: PrecisionChoice,
    xla: XlaChoice,
    say: Callable[[str], object] = print,
) -> Recipe:
    """A recipe with the precision and the XLA setting that a run is to have.

    What was measured when the run began stays: in another precision it would not go on to the same weights.

    Args:
        build: makes the network.
        recipe: as it is asked for.
        out: the run's folder.
        precision: "recipe" for the recipe's, "auto" for the fastest, or one by name.
        xla: "recipe", "auto", "on" or "off".
        say: is told what was measured.
    """
    if precision != "recipe" and precision != "auto":  # not "in": type checkers see what is left
        recipe = replace(recipe, precision=precision)
    if xla not in ("recipe", "auto"):
        recipe = replace(recipe, xla=xla == "on")
    if "auto" not in (precision, xla):
        if not (out / CLAIM).exists():  # a run that was begun cannot change it
            _advise(recipe.precision, say)
        return recipe
    if (out / CLAIM).exists():
        try:
            begun = read_claim(out / CLAIM)
        except ValueError:
            return recipe  # the folder cannot be gone on with, which its claim will say
        kept = {
            name: begun[name] for name, choice in (("precision", precision), ("xla", xla)) if choice == "auto" and name in begun
        }
        return replace(recipe, **kept)
    precisions = PRECISIONS if precision == "auto" else (recipe.precision,)
    return fastest(build, recipe, precisions, (False, True) if xla == "auto" else (recipe.xla,), say)


def fastest(
    build: Callable[[], keras.Model],
    recipe: Recipe,
    precisions: Sequence[Precision] = PRECISIONS,
    xla: Sequence[bool] = (False, True),
    say: Callable[[str], object] = print,
) -> Recipe:
    """A recipe with the precision and the XLA setting of the fastest steps.

    One step of each combination in turn, on one random batch, the median of five; the first two of each are not counted. A
    combination that cannot be compiled is left out, and one whose second step takes three times as long as another's.

    Args:
        build: makes the network.
        recipe: gives batch size and optimizer. Of one with stages, its last is measured.
        precisions: to choose from.
        xla: to choose from.
        say: is told what was measured.
    """
    last = recipe.stages[-1].settings if recipe.stages else {}
    candidates = [replace(recipe, precision=precision, xla=compiled) for precision, compiled in product(precisions, xla)]
    if len(candidates) == 1:
        return candidates[0]
    steps: dict[int, Callable[[], object]] = {}
    least = math.inf
    for index, candidate in enumerate(candidates):
        try:
            step = _step(build, replace(candidate, stages=(), **_without_precision(last)))
        except (tf.errors.OpError, NotImplementedError) as error:
            say(f"{_name(candidate)}: {first_line(error)}")
            continue
        (seconds,) = in_turn({index: step}, 1)[index]
        if seconds > _HOPELESS * least:
            say(f"{_name(candidate)}: {1 / seconds:.2f} steps a second, measured once")
            continue
        least = min(least, seconds)
        steps[index] = step
    if not steps:
        raise ValueError("no combination of precision and XLA could be compiled; choose both by hand.")
    medians = {index: statistics.median(times) for index, times in in_turn(steps, _ROUNDS).items()}
    for index, seconds in medians.items():
        say(f"{_name(candidates[index])}: {1 / seconds:.2f} steps a second")
    return candidates[min(medians, key=lambda index: medians[index])]


def _advise(precision: Precision, say: Callable[[str], object]) -> None:
    if precision == "mixed_bfloat16" and (times := bfloat16_slowdown()) > _SLOWER:
        say(
            f"this processor takes {times:.1f} times as long to train a convolution in bfloat16 as in float32: "
            'the run is faster with precision float32, or with "auto", which measures.'
        )


def bfloat16_slowdown() -> float:
    """How many times as long as in float32 a convolution and its gradients take in bfloat16: below 1 where processors have it."""
    runs = {}
    for index, dtype in enumerate((tf.float32, tf.bfloat16)):
        images, kernel = tf.ones((4, 16, 16, 64), dtype), tf.ones((3, 3, 64, 64), dtype)
        runs[index] = functools.partial(_learned, images, kernel)
    in_turn(runs, 1)
    real, brain = (statistics.median(times) for times in in_turn(runs, _ROUNDS).values())
    return brain / real


def _learned(images: Tensor, kernel: Tensor) -> object:
    # The gradients too: a convolution alone can be as fast in both where its gradients are not.
    with tf.GradientTape() as tape:
        tape.watch((images, kernel))
        result = tf.nn.conv2d(images, kernel, 1, "SAME")
    gradients = tape.gradient(result, (images, kernel))
    return [gradient[0, 0, 0, 0].numpy() for gradient in gradients]  # read, so that it is over


def in_turn(runs: Mapping[int, Callable[[], object]], rounds: int) -> dict[int, list[float]]:
    """Seconds of each run, one after the other in every round, so that a disturbance of the machine hits all of them alike."""
    times: dict[int, list[float]] = {key: [] for key in runs}
    for _ in range(rounds):
        for key, run in runs.items():
            start = time.perf_counter()
            run()
            times[key].append(time.perf_counter() - start)
    return times


def _without_precision(settings: Mapping[str, object]) -> dict[str, Any]:
    return {name: value for name, value in settings.items() if name not in ("precision", "xla")}


def _step(build: Callable[[], keras.Model], recipe: Recipe) -> Callable[[], object]:
    with computing_in(recipe.precision):
        model = build()
    optimizer = make_optimizer(recipe, 1000, model.trainable_variables)
    model.compile(optimizer, "categorical_crossentropy", metrics=["accuracy"], jit_compile=recipe.xla)
    rng = np.random.default_rng(0)
    images = rng.normal(size=(recipe.batch_size, *model.input_shape[1:])).astype(np.float32)
    *pixels, classes = model.output_shape[1:]
    targets = np.eye(classes, dtype=np.float32)[rng.integers(0, classes, (recipe.batch_size, *pixels))]
    batches = iter(tf.data.Dataset.from_tensors((images, targets)).repeat())
    train = model.make_train_function()

    def run() -> object:
        return float(train(batches)["loss"])  # read, so that the step is over

    run()
    return run


def _name(recipe: Recipe) -> str:
    return f"{recipe.precision}{' with XLA' if recipe.xla else ''}"
