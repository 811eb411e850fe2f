"""The registry's functions and the factories: names, arguments, and what they say when these are wrong."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from narrow import NARROW

import bnn_zoo
from bnn_zoo._keras import keras
from bnn_zoo.hub import registered
from bnn_zoo.models.build import record_of


def test_all_networks_oldest_first() -> None:
    names = bnn_zoo.list_models()
    assert set(names) == set(NARROW)
    assert len(names) == 37
    years = [bnn_zoo.model_info(name).paper.year for name in names]
    assert years == sorted(years)


def test_patterns() -> None:
    assert bnn_zoo.list_models("*densenet*") == [
        "binary_densenet28",
        "binary_densenet37",
        "binary_densenet37_dilated",
        "binary_densenet45",
    ]
    assert bnn_zoo.list_models("QuickNet*") == ["quicknet", "quicknet_small", "quicknet_large"]
    assert bnn_zoo.list_models("birealnet") == ["birealnet"]
    assert bnn_zoo.list_models("bireal") == []


def test_pretrained_lists_weight_sets() -> None:
    sets = bnn_zoo.list_models(pretrained=True)
    assert set(sets) == {weights.name for weights in registered()}
    assert len(sets) == len(set(sets))
    assert all("." in name for name in sets)
    without = bnn_zoo.list_models(pretrained=False)
    assert set(without) == set(bnn_zoo.list_models()) - {name.partition(".")[0] for name in sets}
    assert bnn_zoo.list_models("birealnet.*", pretrained=True) == [name for name in sets if name.startswith("birealnet.")]


@pytest.mark.parametrize("spelling", ["binarynet", "BinaryNet", "binary-net", "BINARY_NET"])
def test_create_by_any_spelling(spelling: str) -> None:
    model = bnn_zoo.create_model(spelling, **NARROW["binarynet"])
    assert model.name == "binarynet"
    assert model.input_shape == (None, 32, 32, 3)
    assert model.output_shape == (None, 10)


@pytest.mark.parametrize("name", list(NARROW))
def test_the_factory_makes_the_network_of_its_name(name: str) -> None:
    model = getattr(bnn_zoo, bnn_zoo.model_info(name).factory)(input_shape=(32, 32, 3), num_classes=10, **NARROW[name])
    record = record_of(model)
    assert record is not None and model.name == record.architecture == name
    assert (record.num_classes, record.input_shape) == (10, (32, 32, 3))
    # What equals the default is not recorded, and the stem is, as it was chosen.
    assert dict(record.arguments).items() <= {**NARROW[name], "stem": "cifar"}.items()
    keras.backend.clear_session()


def test_factory_and_create_model_agree() -> None:
    configurations = []
    for build in (bnn_zoo.BiRealNet, lambda **arguments: bnn_zoo.create_model("birealnet", **arguments)):
        keras.backend.clear_session()  # inputs are counted
        configurations.append(build(input_shape=(32, 32, 3), num_classes=10, **NARROW["birealnet"]).to_json())
    ours, theirs = configurations
    assert ours == theirs


@pytest.mark.parametrize(
    ("wrong", "near"), [("birealnett", "birealnet"), ("quiknet", "quicknet"), ("resnet_e18", "binary_resnet_e18")]
)
@pytest.mark.parametrize("ask", [bnn_zoo.create_model, bnn_zoo.model_info])
def test_wrong_name_suggests_the_nearest(ask: Any, wrong: str, near: str) -> None:
    with pytest.raises(ValueError, match=rf"no network named '{wrong}'\. Did you mean .*\b{near}\b"):
        ask(wrong)


def test_hopeless_name_tells_where_all_are_listed() -> None:
    with pytest.raises(ValueError, match=r"`bnn-zoo list` \(Python: bnn_zoo\.list_models\(\)\) shows all\.$") as caught:
        bnn_zoo.create_model("z" * 1000)
    assert len(str(caught.value)) < 200


def test_unknown_tag() -> None:
    for ask in (bnn_zoo.create_model, bnn_zoo.model_info):
        with pytest.raises(ValueError, match="has no weight set 'mnist'"):
            ask("binarynet.mnist")
    with pytest.raises(ValueError, match="has no weight set 'mnist'"):
        bnn_zoo.BinaryNet(pretrained="mnist")


def test_tag_given_twice() -> None:
    with pytest.raises(ValueError, match="names a weight set, and so does pretrained='imagenet'"):
        bnn_zoo.create_model("birealnet.cifar10", pretrained="imagenet")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (dict(depth=18), "BiRealNet has no argument 'depth'; its own are filters, section_blocks, scaling, stem, binarization"),
        (dict(input_shape=(224, 224)), r"input_shape is \(224, 224\); it must be \(height, width, channels\), as in"),
        (dict(input_shape=(224, 224, None)), "it must be"),
        (dict(input_shape=(224, -1, 3)), "it must be"),
        (dict(input_shape=(224.0, 224.0, 3)), "it must be"),
        (dict(input_shape=(True, 224, 3)), "it must be"),
        (dict(input_shape=224), "input_shape is 224; it must be"),
        (dict(input_shape="224"), "it must be"),
        (dict(num_classes=0), "num_classes is 0; it must be a whole number above 0"),
        (dict(num_classes=2.5), "num_classes is 2.5; it must be a whole number above 0"),
        (dict(num_classes=1), "num_classes is 1; .* take 2"),
        (dict(num_classes=True), "num_classes is True; it must be a whole number above 0"),
        (dict(num_classes=10, include_top=False), "num_classes=10 has no meaning with include_top=False; leave it out"),
        (dict(stem="small"), 'stem is \'small\'; it must be "imagenet", "cifar", or None'),
        (dict(pretrained=3), "pretrained=3 is no reference"),
        (dict(filters=2.5), "filters is 2.5; it must be a whole number above 0, as in 64"),
        (dict(filters="8"), "filters is '8'; it must be"),
        (dict(section_blocks=3), "section_blocks is 3; it must be whole numbers"),
        (dict(section_blocks=(0, 0, 0, 0)), "not all of them 0"),
        (dict(section_blocks=(1, 2.5)), "it must be whole numbers"),
        (dict(binarization="ste_sign"), "binarization is 'ste_sign'; it must be a Binarization"),
        (dict(include_top="no"), "include_top is 'no'; it must be True or False"),
    ],
)
def test_wrong_arguments(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        bnn_zoo.BiRealNet(**arguments)


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        *(
            ("binary_densenet28", dict(reduction=reduction), r"reduction is .*; it must be numbers above 0, as in \(2.7, ")
            for reduction in ((0, 1, 1), (-2, 1, 1), (float("nan"), 1, 1), "abc", 2.0)
        ),
        (
            "binary_densenet28",
            dict(dilation_rates=(1, 1, 0, 1)),
            r"dilation_rates is \(1, 1, 0, 1\); it must be whole numbers above 0",
        ),
        *(
            ("ab_reactnet18", dict(alpha=alpha), f"alpha is {alpha!r}; it must be a number above 0, as in 0.25")
            for alpha in ("x", 0, -1)
        ),
        ("binarynet", dict(dense_units=(8, 0)), r"dense_units is \(8, 0\); it must be whole numbers above 0, as in \(1024, 1024\)"),
        *(
            ("xnornet", dict(dense_units=units), "dense_units is .*; it must be two numbers, one for each hidden")
            for units in ((), (8,), (8, 8, 8))
        ),
        ("quicknet", dict(section_blocks=(), section_filters=()), "section_blocks has 0 entries .* there must be one at least"),
        (
            "quicknet",
            dict(section_blocks=(1, 1), section_filters=(8, 16, 32)),
            "section_blocks has 2 entries and section_filters 3; both need one for each section",
        ),
        ("binary_densenet28", dict(reduction=(2.7,)), "reduction has 1 entries"),
        ("binary_densenet28", dict(dilation_rates=(1, 1)), "dilation_rates has 2 entries"),
        ("meliusnet22", dict(transition_filters=(160,)), "transition_filters has 1 entries"),
    ],
)
def test_wrong_arguments_of_some_networks(name: str, arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        bnn_zoo.create_model(name, input_shape=(32, 32, 3), **arguments)


def test_whole_numbers_do_for_real_ones() -> None:
    arguments = {**NARROW["binary_densenet28"], "reduction": (2, np.float32(2.5), 3)}
    assert bnn_zoo.BinaryDenseNet28(input_shape=(32, 32, 3), num_classes=4, **arguments).output_shape == (None, 4)


@pytest.mark.parametrize("ask", [bnn_zoo.create_model, bnn_zoo.model_info])
def test_what_is_no_name(ask: Any) -> None:
    with pytest.raises(TypeError, match="3 is no network's name"):
        ask(3)


def test_numpys_whole_numbers_are_numbers(tmp_path: Path) -> None:
    side, classes = np.int64(32), np.int32(7)
    model = bnn_zoo.create_model("binarynet", input_shape=(side, side, 3), num_classes=classes, **NARROW["binarynet"])
    assert model.input_shape == (None, 32, 32, 3) and model.output_shape == (None, 7)
    bnn_zoo.save_pretrained(model, tmp_path)  # JSON takes plain numbers only
    other = bnn_zoo.create_model("binarynet", pretrained=tmp_path, num_classes=np.int64(7))
    record = record_of(other)
    assert record is not None and type(record.num_classes) is int


def test_input_shape_and_tensor_exclude_each_other() -> None:
    with pytest.raises(ValueError, match="input_shape and input_tensor both say what the pictures are; give one of the two"):
        bnn_zoo.BiRealNet(input_shape=(32, 32, 3), input_tensor=keras.Input((32, 32, 3)))


@pytest.mark.parametrize("pictures", ["x", 3, np.zeros((1, 32, 32, 3)), (32, 32, 3), [32, None]])
def test_an_input_tensor_that_is_none_is_refused(pictures: Any) -> None:
    with pytest.raises(ValueError, match="input_tensor is .*it must be a Keras tensor of pictures"):
        bnn_zoo.BiRealNet(input_tensor=keras.Input(pictures) if isinstance(pictures, list) else pictures)


def test_an_input_tensor_that_a_layer_gives_is_refused_with_the_way_that_works(tmp_path: Path) -> None:
    images = keras.Input((32, 32, 3), dtype="uint8")
    tensor = keras.layers.Rescaling(1 / 127.5, -1, name="scaled")(images)
    network = bnn_zoo.BiRealNet(input_shape=(32, 32, 3), **NARROW["birealnet"])
    folder = bnn_zoo.save_pretrained(network, tmp_path)
    for ask in (bnn_zoo.BiRealNet, lambda **given: bnn_zoo.load_pretrained(folder, **given)):
        with pytest.raises(ValueError, match=r"input_tensor is what layer 'scaled' gives.*network\(tensor\)"):
            ask(input_tensor=tensor)
        with pytest.raises(ValueError, match=r"input_tensor is of uint8; .*Rescaling.*network\(tensor\)"):
            ask(input_tensor=images)
    whole = keras.Model(images, network(tensor))
    pictures = np.random.default_rng(0).integers(0, 256, (2, 32, 32, 3)).astype("uint8")
    np.testing.assert_allclose(whole(pictures), network(pictures / 127.5 - 1), atol=1e-5)


@pytest.mark.parametrize(
    ("name", "shape", "arguments", "advice"),
    [
        ("binarynet", (4, 4, 3), {}, "Take larger ones."),  # it has no stem
        ("xnornet", (20, 20, 3), {}, "Take larger ones."),  # its stem is that of small pictures already
        ("xnornet", (96, 96, 3), {}, "Take larger ones, or ones lower than 50, as 32: their stem reduces less, which stem="),
        ("xnornet", (32, 32, 3), {"stem": "imagenet"}, 'Take larger ones; stem="imagenet" is for large pictures.'),
        ("binarynet", (None, None, 3), {}, "With include_top=True a network with dense layers needs a fixed size."),
    ],
)
def test_advice_on_a_size_can_be_followed(
    name: str, shape: tuple[int | None, int | None, int], arguments: dict[str, Any], advice: str
) -> None:
    with pytest.raises(ValueError, match=rf"cannot take pictures of .*\. {re.escape(advice)}"):
        bnn_zoo.create_model(name, input_shape=shape, **NARROW[name], **arguments)
    if "32" in advice:
        bnn_zoo.create_model(name, input_shape=(32, 32, 3), **NARROW[name])
        bnn_zoo.create_model(name, input_shape=shape, stem="cifar", **NARROW[name])


def test_what_keras_says_of_a_size_is_told_to_its_end() -> None:
    with pytest.raises(ValueError, match="output shape with a zero or negative value in a dimension. Take larger ones"):
        bnn_zoo.create_model("xnornet", input_shape=(20, 20, 3), **NARROW["xnornet"])


def test_model_info() -> None:
    info = bnn_zoo.model_info("birealnet")
    assert (info.name, info.factory) == ("birealnet", "BiRealNet")
    assert info.paper.arxiv == "1808.00278" and info.paper.year == 2018 and "Liu" in info.paper.authors
    assert info.paper.url == "https://arxiv.org/abs/1808.00278"
    assert (info.figures.parameters, info.figures.input_shape) == (11699112, (224, 224, 3))
    assert {published.source: published.top1 for published in info.published} == {"larq-zoo": 57.5, "paper": 56.4}
    for name in bnn_zoo.list_models():
        entry = bnn_zoo.model_info(name)
        assert entry.paper.title and entry.paper.authors
        if not bnn_zoo.models.find_architecture(name).per_pixel:  # whose score is no top-1
            assert entry.published, "every network that names pictures has an accuracy that somebody published"
        assert all(0 < published.top1 < 100 for published in entry.published)
        assert {weights.architecture for weights in entry.weight_sets} <= {name}


def test_published_accuracies_are_those_of_the_weight_files() -> None:
    """larq-zoo's table, to its digits."""
    top1 = {
        "binary_alexnet": 36.3,
        "birealnet": 57.5,
        "binary_resnet_e18": 58.3,
        "binary_densenet28": 60.9,
        "binary_densenet37": 62.9,
        "binary_densenet37_dilated": 64.3,
        "binary_densenet45": 64.6,
        "meliusnet22": 62.4,
        "xnornet": 45.0,
        "dorefanet": 53.4,
        "real_to_binary_net": 65.0,
        "quicknet_small": 59.4,
        "quicknet": 63.3,
        "quicknet_large": 66.9,
    }
    for name, expected in top1.items():
        assert [p.top1 for p in bnn_zoo.model_info(name).published if p.source == "larq-zoo"] == [expected]


def test_accuracies_that_larq_zoo_reports_are_those_of_its_weights() -> None:
    for name in bnn_zoo.list_models():
        info = bnn_zoo.model_info(name)
        reported = {(p.top1, p.top5) for p in info.published if p.source == "larq-zoo"}
        registered = {
            tuple(metric.value for metric in weights.metrics)
            for weights in info.weight_sets
            if any(metric.measured_by == "reported by larq-zoo" for metric in weights.metrics)
        }
        assert reported == registered, name


def test_numbers_of_numpy_are_numbers() -> None:
    model = bnn_zoo.BinaryNet(num_classes=np.arange(4).max(), input_shape=tuple(np.array([32, 32, 3])), **NARROW["binarynet"])
    assert model.output_shape == (None, 3) and type(record_of(model).num_classes) is int


def test_no_pretrained_is_no_second_weight_set() -> None:
    assert bnn_zoo.create_model("birealnet.cifar10", pretrained=None).name == "birealnet"


@pytest.mark.parametrize("shape", [(3, 224, 224), (1, 28, 28)])
def test_channels_first_are_refused(shape: tuple[int, int, int]) -> None:
    turned = (*shape[1:], shape[0])
    with pytest.raises(ValueError, match=re.escape(f"channels first; it must be (height, width, channels), as in {turned}")):
        bnn_zoo.BiRealNet(input_shape=shape)
    low = bnn_zoo.create_model("birealnet", input_shape=(3, 64, 3), include_top=False, stem="cifar")
    assert low.input_shape == (None, 3, 64, 3)


def test_the_warning_of_another_head_points_at_the_callers_line() -> None:
    for make in (bnn_zoo.BiRealNet, lambda **given: bnn_zoo.create_model("birealnet", **given)):
        with pytest.warns(UserWarning, match="which must be trained") as caught:
            make(pretrained="cifar10", num_classes=3)
        assert [warning.filename for warning in caught] == [__file__]


def test_names_with_wildcards_stand_for_several(tmp_path: Path) -> None:
    assert bnn_zoo.zoo.expand_names("quicknet*") == ["quicknet", "quicknet_small", "quicknet_large"]
    assert bnn_zoo.zoo.expand_names("quicknet*.cifar10") == ["quicknet.cifar10", "quicknet_small.cifar10"]
    for itself in ("quicknet", "nosuch", f"{tmp_path}/run [a]/model"):
        assert bnn_zoo.zoo.expand_names(itself) == [itself]
    with pytest.raises(ValueError, match=r"no name matches '\*nosuch\*'; `bnn-zoo list` shows all."):
        bnn_zoo.zoo.expand_names("*nosuch*")
