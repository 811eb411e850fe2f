"""What a stage trains on beside the labels: a teacher's probabilities and attention, and a penalty on kernels."""

from __future__ import annotations

from typing import Any

from bnn_zoo._keras import Tensor, keras, tf
from bnn_zoo.training.stage import Stage
from bnn_zoo.training.variables import real_kernels


def training_model(network: keras.Model, teacher: keras.Model | None, stage: Stage, l2: float) -> keras.Model:
    """The model that is fitted: the network, or one of the same layers and weights with more in its loss.

    Args:
        network: what is trained.
        teacher: with weights; it stays as it is, and its weights are none of the model's.
        stage: gives factors, temperature and layers.
        l2: factor of the squared real-valued kernels.

    Returns:
        A model to compile; its weights are the network's. While it trains, its `loss` is what is minimised: the weighted
        cross-entropy and all that is added. While it is scored, it is the cross-entropy with the labels: no teacher is asked.

    Raises:
        ValueError: if one of the two has no softmax at its end, a layer is missing in one of them, or the two take pictures,
            tell classes or look at positions of different numbers.
    """
    if teacher is None and stage.label_weight == 1.0 and not l2:
        return network
    student = keras.Model(network.inputs, [network.output, *_outputs(network, stage)])
    taught = None if teacher is None else keras.Model(teacher.inputs, _outputs(teacher, stage))
    if taught is not None:
        _check_alike(student, taught, stage)
    kernels = real_kernels(network.trainable_variables) if l2 else []

    class Trained(keras.Model):
        def train_step(self, data: tuple[Tensor, Tensor]) -> dict[str, Tensor]:
            images, labels = data
            with tf.GradientTape() as tape:
                probabilities, *own = student(images, training=True)
                told = self.compute_loss(images, labels, probabilities)
                loss = stage.label_weight * told
                extra = sum(l2 * tf.reduce_sum(tf.square(kernel)) for kernel in kernels)
                if taught is not None:
                    # Keras gives one output as it is, and several as a list.
                    extra += _lesson(own, tf.nest.flatten(taught(images, training=False)), stage)
                # A step adds up the gradients of all devices; each has a share of the batch.
                shares = self.distribute_strategy.num_replicas_in_sync
                loss += extra / shares
            self.optimizer.minimize(loss, self.trainable_variables, tape=tape)
            # Keras has counted the cross-entropy alone, each device that of its own share as a mean over it.
            (mean,) = self.compiled_loss.metrics
            mean.total.assign_add((loss - told) * shares * tf.cast(tf.shape(images)[0], loss.dtype))
            return self.compute_metrics(images, labels, probabilities, None)

    return Trained(network.inputs, network.outputs, name=network.name)


def attention_distance(one: Tensor, other: Tensor) -> Tensor:
    """How differently two layers look at their pictures, one number a picture.

    An attention map is the sum of the squared activations at each position, divided by its largest; the distance is the mean
    squared difference of two maps. Dividing by the largest, and not by the map's norm as the paper has it, is what larq-zoo does,
    whose factors the recipes have.

    Args:
        one: (batch, height, width, channels).
        other: the same height and width.

    Source: Martinez et al., 2020, arXiv 2003.11535, section 4.2.
    """
    return tf.reduce_mean(tf.math.squared_difference(_attention_map(one), _attention_map(other)), axis=[1, 2])


def logits_divergence(logits: Tensor, taught: Tensor, temperature: float) -> Tensor:
    """The Kullback-Leibler divergence of softened probabilities from the teacher's, one number a picture.

    Source: Distilling the Knowledge in a Neural Network, Hinton et al., 2015, arXiv 1503.02531; scaled by the squared temperature,
    so that gradients keep their size.
    """
    wanted = tf.nn.log_softmax(tf.cast(taught, tf.float32) / temperature)
    found = tf.nn.log_softmax(tf.cast(logits, tf.float32) / temperature)
    return temperature**2 * tf.reduce_sum(tf.exp(wanted) * (wanted - found), axis=-1)


def _lesson(own: list[Tensor], taught: list[Tensor], stage: Stage) -> Tensor:
    loss = stage.logits_weight * tf.reduce_mean(logits_divergence(own[0], taught[0], stage.temperature))
    if stage.attention:
        distances = [tf.reduce_mean(attention_distance(*pair)) for pair in zip(own[1:], taught[1:], strict=True)]
        loss += stage.attention_weight * tf.add_n(distances) / len(distances)
    return loss


def _attention_map(x: Tensor) -> Tensor:
    energy = tf.reduce_sum(tf.square(tf.cast(x, tf.float32)), axis=-1)
    return energy / (tf.reduce_max(energy, axis=[1, 2], keepdims=True) + 1e-12)


def _check_alike(student: keras.Model, taught: keras.Model, stage: Stage) -> None:
    """Where shapes differ TensorFlow would stop in the first step, or spread one number over all."""
    own, other = ([tuple(tensor.shape) for tensor in outputs] for outputs in (student.outputs[1:], taught.outputs))
    pairs = [("pictures", student.input_shape, taught.input_shape), ("logits", own[0], other[0])]
    for name, here, there in zip(stage.attention, own[1:], other[1:], strict=True):
        pairs.append((f"maps of {name}", here[:3], there[:3]))
    for what, here, there in pairs:
        if len(here) != len(there) or any(None not in sides and sides[0] != sides[1] for sides in zip(here, there, strict=True)):
            raise ValueError(f"stage {stage.name!r}: the {what} are {here} in the network, {there} in its teacher.")


def _outputs(network: keras.Model, stage: Stage) -> list[Any]:
    last = network.layers[-1]
    if getattr(last, "activation", None) is not keras.activations.softmax:
        raise ValueError(f"{network.name} ends with {last.name}; a network that teaches or is taught must end with a softmax.")
    missing = [name for name in stage.attention if name not in {layer.name for layer in network.layers}]
    if missing:
        raise ValueError(f"attention of stage {stage.name!r} names {missing[0]!r}; {network.name} has no such layer.")
    return [last.input, *(network.get_layer(name).output for name in stage.attention)]
