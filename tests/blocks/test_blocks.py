"""The blocks, layer by layer: what they are made of, and what they refuse."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from block_models import kinds, model_of

from bnn_zoo import blocks
from bnn_zoo._keras import keras, larq, tf
from bnn_zoo.blocks import Binarization
from bnn_zoo.training.precision import computing_in

RNG = np.random.default_rng(2)


def names(model: keras.Model) -> list[str]:
    return [layer.name for layer in model.layers if not isinstance(layer, keras.layers.InputLayer)]


def without_names(config: Any) -> Any:
    """Keras counts its quantizers as it counts layers."""
    if not isinstance(config, dict):
        return config
    return {key: without_names(value) for key, value in config.items() if key != "name"}


def test_conv_with_shortcut_is_the_guides_block() -> None:
    """The layers of larq's guide 'Building BNNs', by their whole configuration."""

    def guides(x: Any) -> Any:
        y = larq.layers.QuantConv2D(
            x.shape[-1],
            kernel_size=3,
            padding="same",
            input_quantizer=larq.quantizers.SteSign(clip_value=1.0),
            kernel_quantizer=larq.quantizers.SteSign(clip_value=1.0),
            kernel_constraint=larq.constraints.WeightClip(clip_value=1.0),
            kernel_initializer="glorot_normal",
            use_bias=False,
        )(x)
        y = keras.layers.BatchNormalization(momentum=0.9)(y)
        return keras.layers.add([x, y])

    ours, theirs = model_of(blocks.conv_with_shortcut), model_of(guides)
    assert kinds(ours) == kinds(theirs) == ["QuantConv2D", "BatchNormalization", "Add"]
    for mine, other in zip(ours.layers[1:], theirs.layers[1:], strict=True):
        assert without_names(mine.get_config()) == without_names(other.get_config())
    x = RNG.normal(0, 1, (2, 8, 8, 16)).astype("float32")
    ours.set_weights(theirs.get_weights())
    assert np.array_equal(ours(x).numpy(), theirs(x).numpy())
    convolved = np.round(theirs.layers[1](x).numpy())
    assert np.array_equal(convolved, theirs.layers[1](x).numpy()), "inputs and kernels are +1 or -1: outputs are integers"


@pytest.mark.parametrize(
    ("filters", "strides", "expected"),
    [(None, None, (8, 8, 16)), (32, None, (4, 4, 32)), (32, 1, (8, 8, 32)), (16, 2, (4, 4, 16))],
)
def test_shortcut_where_dimensions_change(filters: int | None, strides: int | None, expected: tuple[int, ...]) -> None:
    model = model_of(blocks.conv_with_shortcut, filters, strides=strides, name="a")
    assert model.output_shape[1:] == expected
    changes = expected != (8, 8, 16)
    assert ("a_shortcut_conv" in names(model)) == changes
    assert ("a_shortcut_pool" in names(model)) == (expected[0] == 4)
    if changes:
        assert type(model.get_layer("a_shortcut_conv")) is keras.layers.Conv2D
        assert model.get_layer("a_shortcut_conv").kernel_size == (1, 1)
        assert not model.get_layer("a_shortcut_conv").use_bias
        assert "a_shortcut_bn" in names(model)
    if expected[0] == 4:
        assert isinstance(model.get_layer("a_shortcut_pool"), keras.layers.AveragePooling2D)


@pytest.mark.parametrize("block", [blocks.conv_with_shortcut, blocks.gated_conv, blocks.react_conv])
@pytest.mark.parametrize("arguments", [dict(filters=0), dict(strides=0), dict(filters=2.5), dict(strides=-1)])
def test_sizes_that_no_block_can_have(block: Any, arguments: dict[str, Any]) -> None:
    (name, value) = next(iter(arguments.items()))
    with pytest.raises(ValueError, match=rf"^{name} is {value}; it must be a whole number above 0, or None to choose it"):
        model_of(block, **arguments)


def test_shortcut_is_not_binarized() -> None:
    """Small changes of the input reach the output."""
    model = model_of(blocks.conv_with_shortcut)
    x = np.full((1, 8, 8, 16), 0.5, "float32")
    assert np.allclose(model(x + 0.25).numpy() - model(x).numpy(), 0.25, atol=1e-5)


def test_odd_sizes_keep_the_shapes_equal() -> None:
    model = model_of(blocks.conv_with_shortcut, 32, shape=(9, 7, 16))
    assert model.output_shape == (None, 5, 4, 32)


def test_pooled_block_pools_before_batch_norm() -> None:
    assert kinds(model_of(blocks.pooled_block, 8)) == ["QuantConv2D", "MaxPooling2D", "BatchNormalization"]
    assert kinds(model_of(blocks.pooled_block, 8, order="norm_pool")) == ["QuantConv2D", "BatchNormalization", "MaxPooling2D"]
    assert kinds(model_of(blocks.pooled_block, 8, pool_size=None)) == ["QuantConv2D", "BatchNormalization"]
    with pytest.raises(ValueError, match="order is 'pool'; it must be \"pool_norm\""):
        model_of(blocks.pooled_block, 8, order="pool")
    assert model_of(blocks.pooled_block, 8, name="a").get_layer("a_conv").input_quantizer is not None
    assert model_of(blocks.pooled_block, 8, binary_inputs=False, name="a").get_layer("a_conv").input_quantizer is None


@pytest.mark.parametrize("block", [blocks.binary_conv, blocks.binary_dense])
def test_binary_layers(block: Any) -> None:
    shape = (8, 8, 16) if block is blocks.binary_conv else (16,)
    model = model_of(block, 8, shape=shape)
    layer = model.layers[-1]
    config = layer.get_config()
    assert not config["use_bias"]
    assert layer.input_quantizer.precision == layer.kernel_quantizer.precision == 1
    assert layer.kernel_constraint.clip_value == 1.0
    x = RNG.normal(0, 1, (2, *shape)).astype("float32")
    y = model(x).numpy()
    assert np.array_equal(y, np.round(y))
    if block is blocks.binary_dense:
        sign = {True: 1.0, False: -1.0}
        signs = np.vectorize(lambda value: sign[bool(value >= 0)])
        assert np.array_equal(y, signs(x) @ signs(layer.kernel.numpy()))


@pytest.mark.parametrize("block", [blocks.binary_conv, blocks.binary_dense])
def test_a_binarizing_activation_is_refused(block: Any) -> None:
    shape = (8, 8, 16) if block is blocks.binary_conv else (16,)
    for activation in ("ste_sign", larq.quantizers.ApproxSign(), larq.quantizers.SteTern()):
        with pytest.raises(ValueError, match=r"binarizes the output of a binary layer.*Use activation=None"):
            model_of(block, 8, shape=shape, activation=activation)
    assert model_of(block, 8, shape=shape, activation="relu").layers[-1].activation is keras.activations.relu


def test_conv_with_shortcut_refuses_it_too() -> None:
    with pytest.raises(ValueError, match="binarizes the output"):
        model_of(blocks.conv_with_shortcut, activation="approx_sign")


def test_gated_conv() -> None:
    model = model_of(blocks.gated_conv, 32, reduction=4, name="a")
    assert model.output_shape == (None, 4, 4, 32)
    assert model.get_layer("a_gate_reduce").units == 4
    assert model.get_layer("a_gate_expand").units == 32
    inner = keras.Model(model.input, model.get_layer("a_gate_reshape").output)
    gate = inner(RNG.normal(0, 1, (2, 8, 8, 16)).astype("float32")).numpy()
    assert gate.shape == (2, 1, 1, 32)
    assert (gate > 0).all() and (gate < 1).all()
    assert np.ptp(gate[0] - gate[1]) > 0, "the gate must depend on the picture"
    same = model_of(blocks.gated_conv, name="a")
    assert same.output_shape == (None, 8, 8, 16)
    assert not [name for name in names(same) if "shortcut" in name]


def test_dense_and_improvement_block() -> None:
    x = RNG.normal(0, 1, (2, 8, 8, 16)).astype("float32")
    grown = model_of(blocks.dense_block, 4, name="a")
    assert kinds(grown) == ["BatchNormalization", "QuantConv2D", "Concatenate"]
    y = grown(x).numpy()
    assert y.shape == (2, 8, 8, 20)
    assert np.array_equal(y[..., :16], x)
    bettered = model_of(blocks.improvement_block, 4, name="a")(x).numpy()
    assert bettered.shape == x.shape
    assert np.array_equal(bettered[..., :12], x[..., :12])
    assert not np.array_equal(bettered[..., 12:], x[..., 12:])
    with pytest.raises(ValueError, match="filters is 32, more than the 16 channels"):
        model_of(blocks.improvement_block, 32)


def test_transition_block() -> None:
    model = model_of(blocks.transition_block, 8, shape=(9, 9, 16), name="a")
    assert kinds(model) == ["BatchNormalization", "MaxPooling2D", "ReLU", "Conv2D"]
    assert model.output_shape == (None, 5, 5, 8)
    assert model_of(blocks.transition_block, 8, shape=(9, 9, 16), pool_padding="valid").output_shape == (None, 4, 4, 8)
    assert model_of(blocks.transition_block, 8, shape=(9, 9, 16), pool=False).output_shape == (None, 9, 9, 8)


def test_grouped_transition_shuffles_the_channels() -> None:
    """The first channel of each of sixteen parts comes first, then the second of each: every group of filters sees every part."""
    model = model_of(blocks.transition_block, 8, groups=4, pool=False, shape=(2, 2, 48), name="a")
    assert kinds(model)[:3] == ["BatchNormalization", "ReLU", "ChannelShuffle"] and model.output_shape == (None, 2, 2, 8)
    assert [model.get_layer(f"a_conv_conv{group}").kernel.shape for group in range(4)] == [(1, 1, 12, 2)] * 4
    shuffle = keras.Model(model.get_layer("a_shuffle").input, model.get_layer("a_shuffle").output)
    x = np.broadcast_to(np.arange(48, dtype="float32"), (1, 2, 2, 48))
    shuffled = shuffle(x).numpy()
    assert shuffled[0, 1, 0].tolist() == [3 * part + place for place in range(3) for part in range(16)]
    assert np.array_equal(shuffled[0, 0, 0], shuffled[0, 1, 1])
    with pytest.raises(ValueError, match="40 channels cannot be shuffled; with groups=4 they must be a multiple of 16"):
        model_of(blocks.transition_block, 8, groups=4, shape=(2, 2, 40))


def test_blurred_transition() -> None:
    model = model_of(blocks.blurred_transition, 8, name="a")
    assert model.output_shape == (None, 4, 4, 8)
    blur = model.get_layer("a_blur")
    assert not blur.trainable
    kernel = blur.weights[0].numpy()[:, :, 0, 0]
    assert np.allclose(kernel, np.outer([1, 2, 1], [1, 2, 1]) / 16)


def test_depthwise_convolutions_with_strides_leave_bfloat16_out() -> None:
    with computing_in("mixed_bfloat16"):
        types = [model_of(blocks.depthwise_conv, strides=strides, name="a").get_layer("a").compute_dtype for strides in (1, 2)]
    assert types == ["bfloat16", "float32"]


def test_grouped_conv_is_a_convolution_in_groups() -> None:
    model = model_of(blocks.grouped_conv, 8, 3, 4, name="a")
    x = RNG.normal(0, 1, (2, 8, 8, 16)).astype("float32")
    kernel = np.concatenate([model.get_layer(f"a_conv{group}").kernel.numpy() for group in range(4)], axis=-1)
    assert kernel.shape == (3, 3, 4, 8)
    with tf.device("CPU"):
        expected = [
            tf.nn.conv2d(x[..., 4 * group : 4 * group + 4], kernel[..., 2 * group : 2 * group + 2], 1, "SAME") for group in range(4)
        ]
    assert np.allclose(model(x).numpy(), np.concatenate(expected, axis=-1), atol=1e-4)
    with pytest.raises(ValueError, match="16 channels and 9 filters must both be multiples of groups=4"):
        model_of(blocks.grouped_conv, 9, 3, 4)


@pytest.mark.parametrize("stem", ["imagenet", "cifar"])
def test_binary_stem(stem: Any) -> None:
    real = model_of(blocks.residual_stem, 8, stem=stem, shape=(64, 64, 3), name="stem")
    binary = model_of(blocks.residual_stem, 8, stem=stem, binary=True, shape=(64, 64, 3), name="stem")
    assert real.output_shape == binary.output_shape == (None, *((16, 16) if stem == "imagenet" else (64, 64)), 8)
    assert type(real.get_layer("stem_conv")) is keras.layers.Conv2D
    assert binary.get_layer("stem_conv").input_quantizer.precision == 1
    assert binary.get_layer("stem_conv").kernel_quantizer.precision == 1
    # A binary layer without batch norm behind it is what the guide warns of.
    bare = model_of(blocks.residual_stem, 8, stem="cifar", norm_in_cifar=False, binary=True, shape=(64, 64, 3))
    assert "BatchNormalization" in kinds(bare)


def test_stem_choice() -> None:
    assert blocks.choose_stem(keras.Input((49, 60, 3))) == "cifar"
    assert blocks.choose_stem(keras.Input((50, 20, 3))) == "imagenet"
    assert blocks.choose_stem(keras.Input((None, None, 3))) == "imagenet"
    assert blocks.choose_stem(keras.Input((224, 224, 3)), "cifar") == "cifar"
    with pytest.raises(ValueError, match='stem is \'mnist\'; it must be "imagenet", "cifar", or None'):
        blocks.choose_stem(keras.Input((32, 32, 3)), "mnist")  # type: ignore[arg-type]


def test_an_activation_that_the_stem_does_not_have() -> None:
    with pytest.raises(ValueError, match='activation is \'swish\'; it must be "relu", "prelu", or None'):
        model_of(blocks.residual_stem, 8, activation="swish", shape=(64, 64, 3))


def test_separable_stem_follows_the_record() -> None:
    settings = Binarization(momentum=0.5, epsilon=0.1, padding_alignment="symmetric")
    model = model_of(blocks.separable_stem, 32, shape=(64, 64, 3), binarization=settings)
    norms = [layer for layer in model.layers if isinstance(layer, keras.layers.BatchNormalization)]
    assert [(norm.momentum, norm.epsilon) for norm in norms] == [(0.5, 0.1)] * 3
    assert model.output_shape == (None, 16, 16, 32)


def test_separable_stem_needs_multiples_of_four() -> None:
    with pytest.raises(ValueError, match="filters is 30; QuickNet's stem needs a multiple of 4"):
        model_of(blocks.separable_stem, 30, shape=(64, 64, 3))


def test_head() -> None:
    real = model_of(blocks.head, 10)
    assert kinds(real) == ["AveragePooling2D", "Flatten", "Dense", "Activation"]
    assert real.get_layer("head_dense").use_bias
    free = model_of(blocks.head, 10, shape=(None, None, 16))
    assert kinds(free) == ["GlobalAveragePooling2D", "Dense", "Activation"]
    free.set_weights(real.get_weights())
    x = RNG.normal(0, 1, (2, 8, 8, 16)).astype("float32")
    assert np.allclose(real(x).numpy(), free(x).numpy(), atol=1e-6)
    assert np.allclose(real(x).numpy().sum(axis=1), 1)


@pytest.mark.parametrize("num_classes", [0, 1, 2.5])
def test_a_head_for_pixels_needs_several_classes(num_classes: Any) -> None:
    with pytest.raises(ValueError, match=f"num_classes is {num_classes}; "):
        model_of(lambda x: blocks.fully_convolutional_head(x, x, num_classes))


def test_two_heads_for_pixels_in_one_model() -> None:
    x = keras.Input((8, 8, 16))
    one, two = blocks.fully_convolutional_head(x, x, 3), blocks.fully_convolutional_head(x, x, 4, name="second")
    found = names(keras.Model(x, [one, two]))
    assert {"classifier_conv", "head_conv", "second_classifier_conv", "second_head_conv", "second_head_softmax"} < set(found)


def test_binary_head() -> None:
    model = model_of(blocks.head, 10, binary=True)
    assert kinds(model) == ["AveragePooling2D", "Flatten", "QuantDense", "BatchNormalization", "Activation"]
    assert model.get_layer("head_dense").input_quantizer.precision == 1


def test_probabilities_are_float32_in_mixed_precision() -> None:
    with computing_in("mixed_bfloat16"):
        model = model_of(blocks.head, 10)
    assert model.get_layer("head_dense").compute_dtype == "bfloat16"
    assert model.output.dtype == "float32"


def test_everything_public_is_documented() -> None:
    for name in blocks.__all__:
        text = getattr(blocks, name).__doc__ or ""
        assert len(text) > 60, name
        if name not in ("Binarization", "NormFree", "choose_stem", "global_pool", "probabilities"):
            assert "(batch" in text or "(..., channels)" in text, name


def test_a_network_of_ones_own_trains() -> None:
    """Settings are stated once; unnamed blocks get Keras's counters."""
    settings = Binarization(input_quantizer="approx_sign", clip_value=1.25, pad_values=1.0, kernel_l2=1e-6)
    images = keras.Input((32, 32, 3))
    x = blocks.residual_stem(images, 16)
    for filters in (16, 32):
        x = blocks.conv_with_shortcut(x, filters, binarization=settings)
    model = keras.Model(images, blocks.head(x, 10))
    model.compile("adam", "categorical_crossentropy", run_eagerly=True)
    before = [weight.numpy() for weight in model.trainable_weights]
    loss = model.train_on_batch(RNG.normal(0, 1, (4, 32, 32, 3)), keras.utils.to_categorical(range(4), 10))
    assert np.isfinite(loss)
    assert len(model.losses) == 2
    assert not [w.name for w, old in zip(model.trainable_weights, before, strict=True) if np.array_equal(w.numpy(), old)]
