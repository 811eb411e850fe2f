"""What BNext's checkpoints have and others have not: temperatures, slopes that nothing uses, shares that inference clips."""

from __future__ import annotations

import dataclasses
import json
import warnings
from pathlib import Path

import numpy as np
import pytest
from test_pytorch import SMALL, network, state_for
from torch_files import state_of, write_zip

import bnn_zoo
from bnn_zoo.hub import convert_checkpoint
from bnn_zoo.hub.formats import pytorch
from bnn_zoo.hub.formats.pytorch_names import _NAMES

NAME = "bnext_tiny"


def authors_state(temperature: float = 1e-24) -> dict[str, np.ndarray]:
    """A state dict with all that the authors' code writes."""
    state = state_for(NAME)
    for tensor in [tensor for tensor in state if tensor.endswith("binary_conv.weight")]:
        module = tensor.removesuffix(".binary_conv.weight")
        for quantizer in ("binary_activation", "binary_conv"):
            state[f"{module}.{quantizer}.temperature"] = np.array([temperature], np.float32)
        state.setdefault(f"{module}.activation1.weight", np.full(8, 0.25, np.float32))
        state[f"{module}.norm1.num_batches_tracked"] = np.array(7)
    return {**state, "feature.0.prelu.weight": np.full(8, 0.25, np.float32)}


def test_what_the_authors_never_use_is_named_and_not_warned_of(tmp_path: Path) -> None:
    model, state = network(NAME), authors_state()
    unused = pytorch.fill(model, state, "here")
    kinds = {name.rpartition(".")[2] for name in unused if not name.endswith("weight")}
    assert kinds == {"temperature", "num_batches_tracked"}
    assert {name for name in unused if name.endswith("weight")} == {
        "feature.0.prelu.weight",
        *(f"feature.{number}.{part}.activation1.weight" for number in (1, 2) for part in ("FFN_1", "FFN_2")),
        *("feature.1.Attention.activation1.weight", "feature.3.Attention.activation1.weight", "feature.3.FFN.activation1.weight"),
    }
    path = write_zip(tmp_path / "checkpoint.pth.tar", {"epoch": 512, "state_dict": state_of(state, "module.")})
    again = network(NAME, seed=1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        pytorch.load(again, path, ())
    assert [weight.tobytes() for weight in again.get_weights()] == [weight.tobytes() for weight in model.get_weights()]


def test_conversion_prepares_pictures_as_the_authors_score_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(_NAMES, NAME, dataclasses.replace(_NAMES[NAME], arguments=SMALL))
    checkpoint = write_zip(tmp_path / "checkpoint.pth.tar", {"epoch": 511, "state_dict": state_of(authors_state(), "module.")})
    done = convert_checkpoint(checkpoint, "BNextTiny", tmp_path / "out", input_size=224)
    preprocessing = json.loads((done.folder / "config.json").read_text())["preprocessing"]
    assert (preprocessing["crop"], preprocessing["interpolation"]) == (0.95, "bicubic_antialias")
    assert preprocessing["mean"] == [0.485, 0.456, 0.406]
    model, expected = bnn_zoo.create_model(NAME, pretrained=done.folder), network(NAME)
    pytorch.fill(expected, authors_state(), "here")
    binary = [layer for layer in expected.layers if getattr(layer, "kernel_quantizer", None) is not None]
    assert len(binary) == 8 and done.used == len(expected.weights)
    for layer in expected.layers[1:]:
        seen = np.sign if layer in binary else np.asarray
        for ours, theirs in zip(model.get_layer(layer.name).get_weights(), layer.get_weights(), strict=True):
            np.testing.assert_array_equal(seen(ours), seen(theirs))


@pytest.mark.parametrize("temperature", [1.0, 2e-7])
def test_a_network_that_was_not_yet_binary_is_warned_of(temperature: float) -> None:
    with pytest.warns(UserWarning, match=rf"here: was saved at a temperature of {temperature:.3g}, .* not yet signs"):
        pytorch.fill(network(NAME), authors_state(temperature), "here")


def test_a_temperature_without_a_number_says_nothing() -> None:
    nothing = {"x.binary_conv.temperature": np.zeros(0, np.float32)}
    assert pytorch.fill(network(NAME), {**authors_state(), **nothing}, "here")[-1] == next(iter(nothing))


def test_shares_are_clipped_where_the_authors_clip_them_in_inference() -> None:
    model, state = network(NAME), authors_state()
    for module in ("Attention", "FFN"):
        state[f"feature.3.{module}.scale"] = np.linspace(-0.5, 1.5, 32, dtype=np.float32).reshape(1, 32, 1, 1)
    pytorch.fill(model, state, "here")
    found = {part: model.get_layer(f"section_1_block_1_{part}_gate_mix").share.numpy() for part in ("spatial", "pointwise")}
    given = state["feature.3.FFN.scale"].reshape(-1)
    assert np.array_equal(found["spatial"], given)
    assert np.array_equal(found["pointwise"], np.clip(given, 0, 1))
