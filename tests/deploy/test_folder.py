"""Many files: all of them answered, in order, whatever is among them."""

from __future__ import annotations

import functools
from pathlib import Path

import numpy as np
import pytest
from deploy_models import narrow_model
from PIL import Image

import bnn_zoo
from bnn_zoo import deploy
from bnn_zoo.data import find_images


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    for number in range(21):
        Image.fromarray(rng.integers(0, 256, (40, 36, 3), np.uint8)).save(tmp_path / f"{number:02}.png")
    for number in (3, 20):
        (tmp_path / f"{number:02}.png").write_bytes(b"no picture")
    return tmp_path


@pytest.mark.parametrize("backend", ["keras", "openvino"])
@pytest.mark.parametrize("batch_size", [1, 4, 64])
def test_every_file_is_answered_in_order(folder: Path, backend: str, batch_size: int) -> None:
    if backend == "openvino":
        pytest.importorskip("openvino")
    model = narrow_model("quicknet")
    prepare = functools.partial(bnn_zoo.preprocess, model=model)
    paths = find_images([folder])
    answers = list(deploy.predict_pictures(deploy.compile(model, backend), paths, prepare, batch_size=batch_size))  # type: ignore[arg-type]
    assert [answer.path for answer in answers] == paths
    for answer in answers:
        if answer.path.stem in ("03", "20"):
            assert isinstance(answer, deploy.Failure)
            assert answer.path.name in answer.message and "\n" not in answer.message
        else:
            assert isinstance(answer, deploy.Prediction)
            expected = model.predict(prepare(np.asarray(Image.open(answer.path))).reshape(1, 32, 32, 3), verbose=0)[0]
            assert np.allclose(answer.output, expected, atol=1e-4)


def test_only_a_few_pictures_are_held(folder: Path) -> None:
    taken = []

    def paths() -> object:
        for number in range(500):
            taken.append(number)
            yield folder / "00.png"

    model = narrow_model("quicknet")
    prepare = functools.partial(bnn_zoo.preprocess, model=model)
    answers = deploy.predict_pictures(deploy.compile(model, "keras"), paths(), prepare, batch_size=4, workers=2)  # type: ignore[arg-type]
    next(answers)
    assert len(taken) < 30
    answers.close()  # type: ignore[attr-defined]


@pytest.mark.parametrize("backend", ["keras", "openvino"])
@pytest.mark.parametrize("good", [0, 1])
def test_a_failure_does_not_wait_for_the_next_good_picture(folder: Path, backend: str, good: int) -> None:
    if backend == "openvino":
        pytest.importorskip("openvino")
    taken = []

    def paths() -> object:
        for number in range(500):
            taken.append(number)
            yield folder / ("00.png" if number < 4 * good else "03.png")

    model = narrow_model("quicknet")
    prepare = functools.partial(bnn_zoo.preprocess, model=model)
    runtime = deploy.compile(model, backend, None if backend == "keras" else 1)  # type: ignore[arg-type]
    answers = deploy.predict_pictures(runtime, paths(), prepare, batch_size=4, workers=2)  # type: ignore[arg-type]
    kinds = [type(next(answers)) for _ in range(4 * good + 1)]
    assert kinds == [deploy.Prediction] * 4 * good + [deploy.Failure] and len(taken) < 40
    assert len(list(answers)) == 500 - len(kinds)


def test_one_path_is_one_picture(folder: Path) -> None:
    model = narrow_model("quicknet")
    prepare = functools.partial(bnn_zoo.preprocess, model=model)
    for path in (folder / "00.png", str(folder / "00.png")):
        (answer,) = deploy.predict_pictures(deploy.compile(model, "keras"), path, prepare)
        assert isinstance(answer, deploy.Prediction) and answer.path == folder / "00.png"


def test_nothing_gives_nothing() -> None:
    model = narrow_model("quicknet")
    assert list(deploy.predict_pictures(deploy.compile(model, "keras"), [], lambda picture: picture)) == []
    for argument in ("batch_size", "workers"):
        with pytest.raises(ValueError, match=f"{argument} is 0"):
            list(deploy.predict_pictures(deploy.compile(model, "keras"), [], lambda picture: picture, **{argument: 0}))  # type: ignore[arg-type]
        with pytest.raises(ValueError, match=f"{argument} is 2.5"):
            list(deploy.predict_pictures(deploy.compile(model, "keras"), [], lambda picture: picture, **{argument: 2.5}))  # type: ignore[arg-type]


def test_a_dropped_picture_is_noticed(folder: Path) -> None:
    model = narrow_model("quicknet")
    prepare = functools.partial(bnn_zoo.preprocess, model=model)
    answers = deploy.predict_pictures(deploy.compile(model, "keras"), find_images([folder]), lambda pictures: prepare(pictures)[1:])
    with pytest.raises(ValueError, match=r"prepare gave \(6, 32, 32, 3\) for 7 pictures"):
        list(answers)
