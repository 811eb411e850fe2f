"""On which devices and machines a run is computed."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any, NoReturn, get_args

from bnn_zoo._keras import Tensor, keras, tf
from bnn_zoo.training.choices import StrategyName

# What TensorFlow's InternalError tells of where it is another machine that failed.
_LOST = re.compile(r"collective|connect|socket|peer|heartbeat|coordination|rendezvous|remote|unreachable|rpc|barrier", re.I)


def make_strategy(name: str = "auto") -> Any:
    """The tf.distribute strategy of that name.

    Args:
        name: "one" device; "mirrored" on all GPUs of this machine (on its CPU devices if it has none); "multi_worker" on the
            machines that the environment variable TF_CONFIG names; "tpu". "auto" is the first that there is of TF_CONFIG with
            several machines, TPU, several GPUs, and else one device.

    Returns:
        A tf.distribute.Strategy.

    Raises:
        ValueError: for another name, or "multi_worker" without TF_CONFIG.
        RuntimeError: for "multi_worker" if TensorFlow was already at work in this process.
    """
    if name not in get_args(StrategyName):
        raise ValueError(f"strategy is {name!r}; it must be one of {', '.join(get_args(StrategyName))}.")
    if name == "auto":
        name = _found()
    if name == "multi_worker":
        if _machines() == 0:
            raise ValueError(
                'strategy is "multi_worker", but TF_CONFIG names no machines; set it on each to '
                '{"cluster": {"worker": ["host1:2222", "host2:2222"]}, "task": {"type": "worker", "index": 0}}, the index its own.'
            )
        with _lost_worker_explained():
            return tf.distribute.MultiWorkerMirroredStrategy()
    if name == "tpu":
        resolver = tf.distribute.cluster_resolver.TPUClusterResolver()
        tf.config.experimental_connect_to_cluster(resolver)
        tf.tpu.experimental.initialize_tpu_system(resolver)
        return tf.distribute.TPUStrategy(resolver)
    if name == "mirrored":
        devices = tf.config.list_logical_devices("GPU") or tf.config.list_logical_devices("CPU")
        return tf.distribute.MirroredStrategy([device.name for device in devices])
    return tf.distribute.get_strategy()


def is_chief(strategy: Any) -> bool:
    """Whether this process is the one that writes results."""
    resolver = strategy.cluster_resolver
    if resolver is None or resolver.task_type is None:
        return True
    first = "chief" if "chief" in resolver.cluster_spec().jobs else "worker"
    return (resolver.task_type, resolver.task_id) == (first, 0)


def synchronize_batch_norm(model: keras.Model, strategy: Any) -> None:
    """Lets batch norm take its statistics over the whole batch, not over each device's share of it.

    So a recipe's batch size means the same on any number of devices. To be called before the model is compiled.
    """
    if strategy.num_replicas_in_sync == 1:
        return
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.synchronized, layer.fused = True, False


def shared_out(batches: tf.data.Dataset, strategy: Any, batch_size: int | None = None) -> Any:
    """The same batches, each split among all devices; over and over, where there is more than one device.

    Args:
        batches: ((batch, ...), (batch, classes)), the same in every process.
        strategy: on which to split.
        batch_size: pictures of a whole batch, where all are whole.

    Returns:
        A data set that `fit` takes, together with a number of steps.

    Raises:
        ValueError: if the batch cannot be divided.
    """
    shares = strategy.num_replicas_in_sync
    if shares == 1:
        return batches
    if batch_size is not None:
        check_batch_size(strategy, batch_size)
    share = None if batch_size is None else batch_size // shares

    def own(context: Any) -> tf.data.Dataset:
        here = shares // context.num_input_pipelines
        first = context.input_pipeline_id * here

        def split(*parts: Tensor) -> tf.data.Dataset:
            def cut(index: Tensor, part: Tensor) -> Tensor:
                count = tf.shape(part, tf.int64)[0]
                return tf.ensure_shape(part[count * index // shares : count * (index + 1) // shares], [share, *part.shape[1:]])

            return tf.data.Dataset.range(first, first + here).map(lambda index: tuple(cut(index, part) for part in parts))

        # Without end, and said so: else all machines ask each other before each step whether there is one, and can get stuck.
        endless = tf.data.experimental.assert_cardinality(tf.data.INFINITE_CARDINALITY)
        return batches.repeat().flat_map(split).apply(endless).prefetch(2 * here)

    return strategy.distribute_datasets_from_function(own)


def check_batch_size(strategy: Any, batch_size: int) -> None:
    """Sees that a batch can be shared out evenly among all devices.

    Raises:
        ValueError: if it cannot.
    """
    shares = strategy.num_replicas_in_sync
    if batch_size % shares:
        raise ValueError(f"batch_size is {batch_size}; on {shares} devices it must be a multiple of {shares}.")


def means_callback(strategy: Any) -> keras.callbacks.Callback:
    """A Keras callback that makes the logs of a step means over all devices. Keras gives sums. It goes before all others."""
    shares = strategy.num_replicas_in_sync

    class Divide(keras.callbacks.Callback):
        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            for name in logs:
                logs[name] /= shares

    return Divide()


def check_same_settings(strategy: Any, settings: Any) -> None:
    """Makes sure that all machines run the same.

    Args:
        strategy: of the run.
        settings: what decides it, of JSON values and dataclasses.

    Raises:
        ValueError: if they do not, on each of them.
    """
    text = json.dumps(settings, sort_keys=True, default=dataclasses.asdict)
    if not _same(strategy, zlib.crc32(text.encode()) & 0xFFFFFF):
        raise ValueError("the recipe or the data are others on another machine of this run; start the same command on all of them.")


def check_same_step(strategy: Any, step: int) -> None:
    """Makes sure that all machines go on from the same step.

    Raises:
        ValueError: if they do not, because they do not see the same folder.
    """
    if not _same(strategy, step):
        raise ValueError(
            f"this machine would go on from step {step}, another from a later or earlier one; out must be one folder for all."
        )


def _same(strategy: Any, number: int) -> bool:
    """Whether a number, small enough that squares can be added, is the same on all machines; waits for them."""
    if strategy.cluster_resolver is None or strategy.num_replicas_in_sync == 1:
        return True
    here = tf.constant([number, number * number], tf.int64)
    total, squares = strategy.reduce("SUM", strategy.run(lambda: tf.identity(here)), axis=None).numpy()
    return bool(total * total == strategy.num_replicas_in_sync * squares)


@contextmanager
def explain_lost_worker(strategy: Any) -> Iterator[None]:
    """Turns the errors that follow when another machine stops into one that says what to do.

    Raises:
        ConnectionError: in their place.
    """
    with _lost_worker_explained() if strategy.cluster_resolver is not None else nullcontext():
        yield


def start_again() -> NoReturn:
    """Replaces this process by a new one with the same command.

    After another machine was lost TensorFlow cannot be used any more in this process. The new one waits for the other machine.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])


@contextmanager
def _lost_worker_explained() -> Iterator[None]:
    errors = tf.errors
    try:
        yield
    except (errors.UnavailableError, errors.AbortedError, errors.InternalError, errors.DeadlineExceededError) as error:
        said = str(error).strip().partition("\n")[0]
        if isinstance(error, errors.InternalError) and not _LOST.search(str(error)):
            raise  # it may be of any kind, and this machine's own: starting again would only meet it again
        raise ConnectionError(
            f"another machine of this run has stopped ({said[:200]}). Start the same command again where it stopped: "
            "the run goes on from the last checkpoint"
        ) from error


def _found() -> StrategyName:
    if _machines() > 1:
        return "multi_worker"
    if os.environ.get("TPU_NAME") or tf.config.list_physical_devices("TPU"):
        return "tpu"
    return "mirrored" if len(tf.config.list_physical_devices("GPU")) > 1 else "one"


def _machines() -> int:
    text = os.environ.get("TF_CONFIG", "")
    try:
        cluster = json.loads(text).get("cluster", {}) if text else {}
        return sum(len(hosts) for kind, hosts in cluster.items() if kind in ("chief", "worker"))
    except (ValueError, AttributeError, TypeError) as error:
        raise ValueError(f"TF_CONFIG is {text!r}; expected JSON with the entries cluster and task.") from error
