"""The stored figures and layers are those of the networks: counted anew, as larq counts, and by hand where that is short."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

import bnn_zoo
from bnn_zoo._keras import keras, larq
from bnn_zoo.comparison.figures import count, figures_from
from bnn_zoo.comparison.layers import STORED, Layer, store_layers, stored_layers
from bnn_zoo.comparison.read import read_layers
from bnn_zoo.models import architectures
from bnn_zoo.models.build import build_model
from bnn_zoo.models.figures import PATH, figures_of

MIB = 8 * 2**20


@pytest.mark.parametrize("name", list(architectures()))
@pytest.mark.usefixtures("zeros_at_first")
def test_stored_figures_and_layers_are_current_and_larqs(name: str) -> None:
    entry = architectures()[name]
    model = build_model(entry, num_classes=entry.num_classes)
    layers, summary = read_layers(model), larq.models.ModelProfile(model)
    keras.backend.clear_session()
    assert layers == stored_layers(name)
    figures = figures_from(layers)
    assert figures == figures_of(name) == bnn_zoo.model_info(name).figures
    assert figures.input_shape == entry.input_shape
    assert figures.parameters == model.count_params()
    assert figures.parameters_1bit == summary.weight_count(bitwidth=1)
    assert figures.size_mib == pytest.approx(summary.memory / MIB, abs=1e-4)
    assert figures.float_size_mib == pytest.approx(summary.fp_equivalent_memory / MIB, abs=1e-4)
    # larq counts once what a layer computes that is used several times.
    again = [layer for layer in layers if ":" in layer.name]
    assert figures.macs_binary - sum(layer.macs_binary for layer in again) == summary.op_count("mac", 1)
    assert figures.macs - sum(layer.macs for layer in again) == summary.op_count("mac")
    by_name = {layer.name: layer for layer in layers}
    for layer in summary.layer_profiles[1:]:
        mine = by_name[layer.name]
        assert (mine.macs, mine.size_bits, mine.output_shape) == (layer.op_count("mac") or 0, layer.memory, layer.output_shape[1:])


def test_every_network_has_figures_and_layers_and_nothing_else_has() -> None:
    assert list(json.loads(PATH.read_text())) == list(architectures())
    assert {path.stem for path in STORED.iterdir()} == set(architectures())


def test_what_few_networks_have_is_stored_where_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bnn_zoo.comparison.layers.STORED", tmp_path)
    images = Layer("input", "InputLayer", output_shape=(8, 8, 4))
    split = Layer("split", "TFOpLambda", ("input",), (8, 8, 2), other_outputs=128)
    for name, layers in {"plain": (images,), "with_parts": (images, split)}.items():
        store_layers(name, layers)
        assert stored_layers(name) == layers
    assert "other_outputs" not in (tmp_path / "plain.json").read_text()
    assert "is_output" not in (tmp_path / "with_parts.json").read_text()


@pytest.mark.parametrize(
    ("name", "published"),
    [
        ("birealnet", 1.63e8),
        ("binary_densenet28", 2.58e8),
        ("binary_densenet37", 2.71e8),
        ("meliusnet22", 2.08e8),
        ("reactnet_a", 0.87e8),
    ],
)
def test_operations_agree_with_the_papers(name: str, published: float) -> None:
    """Of Bi-Real Net, arXiv 1808.00278, MeliusNet, arXiv 2001.05936, and ReActNet, arXiv 2003.03488."""
    assert figures_of(name).operations == pytest.approx(published, rel=0.01)


@pytest.mark.parametrize(
    ("name", "published", "degree"),
    [
        ("bnext_tiny", 0.077, 97.81),
        ("bnext_small", 0.172, 98.47),
        ("bnext_middle", 0.317, 99.02),
        ("bnext_large", 0.819, 99.49),
    ],
)
def test_operations_of_bnext_agree_with_the_authors(name: str, published: float, degree: float) -> None:
    """In G, and the binary ones' share in percent. They count the layers in full precision as if these had 8 bits.

    Source: github.com/hpi-xnor/BNext, README.
    """
    figures = figures_of(name)
    binary = figures.macs_binary / 64
    operations = binary + figures.macs_real / 8
    assert operations / 1e9 == pytest.approx(published, abs=0.001)
    assert 100 * binary / operations == pytest.approx(degree, abs=0.1)


@pytest.mark.parametrize(
    ("name", "megabytes", "published"),
    [
        ("binary_resnet_e18", 4.0, 1.63e8),
        ("binary_resnet_e34", 5.23, 1.92e8),
        ("meliusnet22", 3.88, 2.08e8),
        ("meliusnet29", 5.07, 2.14e8),
        ("meliusnet42", 10.1, 3.25e8),
        ("meliusnet59", 17.39, 5.32e8),
        ("meliusnet_a", 4.05, 1.63e8),
        ("meliusnet_b", 5.0, 1.96e8),
        ("meliusnet_c", 4.46, 1.50e8),
    ],
)
def test_sizes_and_operations_agree_with_the_authors(name: str, megabytes: float, published: float) -> None:
    """Sizes to all digits that are given, operations within 0.7 %.

    Source: github.com/hpi-xnor/BMXNet-v2-wiki, CurrentBestResults.md, of the authors of arXiv 1906.08637 and 2001.05936.
    """
    figures = figures_of(name)
    assert round(figures.size_mib, 2) == megabytes
    assert figures.operations == pytest.approx(published, rel=0.007)


@pytest.mark.parametrize(
    ("name", "sections", "transitions", "groups"),
    [
        ("meliusnet22", (4, 5, 4, 4), ((320, 160), (480, 224), (480, 256)), 1),
        ("meliusnet29", (4, 6, 8, 6), ((320, 128), (512, 192), (704, 256)), 1),
        ("meliusnet42", (5, 8, 14, 10), ((384, 160), (672, 256), (1152, 416)), 1),
        ("meliusnet59", (6, 12, 24, 12), ((448, 192), (960, 320), (1856, 544)), 1),
        ("meliusnet_a", (4, 5, 5, 6), ((320, 160), (480, 256), (576, 288)), 4),
        ("meliusnet_b", (4, 6, 8, 6), ((320, 160), (544, 224), (736, 320)), 2),
        ("meliusnet_c", (3, 5, 10, 6), ((256, 128), (448, 192), (832, 288)), 4),
    ],
)
def test_meliusnets_are_built_as_the_authors_list_them(
    name: str, sections: tuple[int, ...], transitions: tuple[tuple[int, int], ...], groups: int
) -> None:
    """Blocks a section, and channels in front of and behind each transition.

    Source: github.com/hpi-xnor/BMXNet-v2-examples, binary_models/meliusnet.py.
    """
    layers = {layer.name: layer for layer in stored_layers(name)}
    for section, blocks in enumerate(sections):
        pairs = [layer for layer in layers if layer.startswith(f"section_{section}_block_")]
        assert len([layer for layer in pairs if layer.endswith("_dense_concat")]) == blocks
        assert len([layer for layer in pairs if layer.endswith("_improve_add")]) == blocks
    for section, (before, after) in enumerate(transitions, start=1):
        transition = f"section_{section}_transition"
        convolutions = [layer for layer in layers.values() if layer.name.startswith(transition) and layer.computes]
        assert layers[f"{transition}_bn"].output_shape[-1] == before
        assert len(convolutions) == groups and sum(layer.output_shape[-1] for layer in convolutions) == after
        assert sum(layer.parameters for layer in convolutions) == before * after // groups
        assert (f"{transition}_shuffle" in layers) == (groups > 1)


def test_shortcuts_and_receptive_fields_of_known_networks() -> None:
    """A shortcut a convolution; 435 pixels is what ResNet-18 is known to see."""
    found = {
        name: (figures_of(name).shortcuts, figures_of(name).receptive_field) for name in ("birealnet", "quicknet", "binarynet")
    }
    assert found["birealnet"] == (16, 435)
    assert found["quicknet"][0] == 16 and found["binarynet"][0] == 0
    assert figures_of("binary_densenet28").shortcuts == 6 + 6 + 6 + 5
    assert figures_of("meliusnet22").shortcuts == 2 * (4 + 5 + 4 + 4)
    assert figures_of("meliusnet_b").shortcuts == 2 * (4 + 6 + 8 + 6)
    assert figures_of("binary_resnet_e34").shortcuts == 6 + 8 + 12 + 6


def test_count_by_hand() -> None:
    images = keras.Input((8, 8, 3))
    x = keras.layers.Conv2D(4, 3, padding="same", use_bias=False)(images)
    x = larq.layers.QuantConv2D(
        6,
        3,
        padding="same",
        use_bias=False,
        input_quantizer="ste_sign",
        kernel_quantizer="ste_sign",
        kernel_constraint="weight_clip",
    )(x)
    x = keras.layers.BatchNormalization()(x)
    figures = count(keras.Model(images, x))
    assert figures.input_shape == (8, 8, 3)
    assert figures.parameters_1bit == 9 * 4 * 6
    assert figures.parameters_32bit == 9 * 3 * 4 + 4 * 6
    assert figures.parameters == figures.parameters_1bit + figures.parameters_32bit
    assert figures.macs_binary == 64 * 9 * 4 * 6
    assert figures.macs_real == 64 * 9 * 3 * 4
    # Batch norm is deployed as a scale and a shift, two numbers a channel.
    assert figures.size_mib == pytest.approx((9 * 4 * 6 / 8 + (9 * 3 * 4 + 2 * 6) * 4) / 2**20, abs=1e-4)
    assert figures.float_size_mib == pytest.approx((9 * 4 * 6 + 9 * 3 * 4 + 2 * 6) * 4 / 2**20, abs=1e-4)
    assert figures.operations == round(figures.macs_binary / 64 + figures.macs_real)
    assert figures.receptive_field == 5 and figures.shortcuts == 0
    # The binary convolution: 4 channels of 1 bit in, since nobody else takes them, and 6 of 32 bits out.
    stem = 64 * (3 * 32 + 4 * 1)
    assert figures.peak_activation_mib == pytest.approx(max(stem, 64 * (4 * 1 + 6 * 32)) / MIB, abs=1e-4)


def test_sums_over_binary_and_real_operations() -> None:
    figures = dataclasses.replace(figures_of("birealnet"), macs_binary=30, macs_real=10)
    assert figures.macs == 40 and figures.binary_share == 75.0
    assert dataclasses.replace(figures, macs_binary=0, macs_real=0).binary_share is None
