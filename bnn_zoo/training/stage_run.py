"""One stage of a run: its model, what is recorded, and keras fit."""

from __future__ import annotations

from typing import Any

from bnn_zoo._caller import warn_caller
from bnn_zoo._keras import keras
from bnn_zoo.data.mask_dataset import MaskDataset
from bnn_zoo.hub.attached import weight_set_of
from bnn_zoo.hub.load import load_pretrained
from bnn_zoo.inference import labels_of
from bnn_zoo.training.checkpoints import Position, local_weights, restore_checkpoint
from bnn_zoo.training.cooling import Cooling
from bnn_zoo.training.distillation import training_model
from bnn_zoo.training.divergence import divergence_callback
from bnn_zoo.training.drawing import drawn_by_step
from bnn_zoo.training.finished_weights import check_finished, load_finished
from bnn_zoo.training.flips import flip_callback
from bnn_zoo.training.gains import give_gains_magnitudes
from bnn_zoo.training.latent_start import start_latent_weights
from bnn_zoo.training.networks import network_of
from bnn_zoo.training.optimizers import make_optimizer, steps_done
from bnn_zoo.training.pipeline import check_kind, evaluation_batches, training_batches
from bnn_zoo.training.precision import computing_in
from bnn_zoo.training.progress import progress_callback, training_bar
from bnn_zoo.training.recipe import Recipe, recipe_of
from bnn_zoo.training.records import MEAN_IOU, Place, recording_callback
from bnn_zoo.training.run import Run
from bnn_zoo.training.stage import Stage
from bnn_zoo.training.strategy import check_same_step, is_chief, means_callback, shared_out, synchronize_batch_norm
from bnn_zoo.training.tensorboard import tensorboard_callback

_HELD_OUT_BATCH = 250

#: How many classes an error names.
_SHOWN_CLASSES = 5


def run_stage(run: Run, stage: Stage) -> keras.Model:
    """Trains a stage, or loads it if it is finished.

    Args:
        run: that it belongs to.
        stage: one of the run's.

    Returns:
        The stage's network, on one device.
    """
    recipe = recipe_of(run.recipe, stage)
    finished = run.weights(stage)
    several = run.strategy.num_replicas_in_sync > 1
    with computing_in(recipe.precision):
        # What is written and given back lies on one device, and its kernels are signs.
        plain = network_of(stage, run.build) if several or stage.cooling or finished.exists() else None
        if plain is not None and finished.exists():
            load_finished(plain, finished)
            return plain
        seed = (recipe.seed + run.stages.index(stage)) % 2**32
        keras.utils.set_random_seed(seed)
        with run.strategy.scope():
            cooling = Cooling(stage.cooling) if stage.cooling else None
            model, network = _compiled(run, stage, recipe, cooling)
            start, damaged = restore_checkpoint(run.checkpoints(stage), model)
        for path in damaged:
            warn_caller(f"the checkpoint {path} is damaged and was passed over.")
        check_same_step(run.strategy, start.step)
        place = Place(run.folder, run.checkpoints(stage), plain or network)
        cooled = [cooling.callback(run.first_epoch(stage))] if cooling is not None else []
        drawn = drawn_by_step(network, steps_done(model.optimizer), seed)
        last_epoch = run.first_epoch(stage) + stage.epochs
        with training_bar(last_epoch, stage.name, shown=is_chief(run.strategy)) as bar, drawn:
            if is_chief(run.strategy):
                bar.console.print(_summary(run, stage, recipe, start), highlight=False)
            # All steps are done where only the weights were lost: then the log may have rows of later stages already.
            if start.step < recipe.epochs * run.steps(stage):
                _fit(run, stage, model, start, [*cooled, *_callbacks(run, stage, model, place, start, bar)])
    if plain is not None:
        place.network.set_weights(local_weights(model))
    # The name says that the stage is finished: it must not stand for half a file.
    if is_chief(run.strategy):
        place.write_weights(finished.name, place.network, finished=True)
    # The next stage may read it, on all machines.
    check_same_step(run.strategy, recipe.epochs * run.steps(stage))
    return place.network


def _summary(run: Run, stage: Stage, recipe: Recipe, start: Position) -> str:
    """What is about to be done: the first epoch, of which nothing is heard until its end, may take long."""
    name = f"{stage.name}: " if stage.name else ""
    held_out = f", {len(run.held_out)} held out" if run.held_out is not None else ""
    steps = recipe.epochs * run.steps(stage)
    goes_on = f"; goes on behind step {start.step}" if start.step else ""
    return f"{name}{steps} step{'s' if steps > 1 else ''} on {len(run.dataset)} pictures{held_out}, in {recipe.precision}{goes_on}"


def check_targets(run: Run, stage: Stage) -> None:
    """Refuses a stage that cannot learn what the data tell.

    Raises:
        ValueError: if they have classes of pixels, and the stage is for classes of pictures.
    """
    check_kind(run.dataset, recipe_of(run.recipe, stage))
    if isinstance(run.dataset, MaskDataset) and (stage.teacher or stage.label_weight != 1.0):
        raise ValueError(f"stage {stage.name!r} has a teacher or a label_weight, with which classes of pixels cannot be trained.")


def check_networks(run: Run) -> None:
    """Builds what the stages train and learn from, and nothing more, so that a last stage's mistake costs no first stage of days.

    Args:
        run: not begun.

    Raises:
        ValueError: for a network that cannot be binarized in part, weights that a stage cannot start from, a teacher that it
            cannot learn from, or one of the two whose classes are the data's in another order.
    """
    for stage in run.recipe.stages:
        network = network_of(stage, run.build)
        earlier = run.before(stage)
        if stage.start and stage.start not in earlier:
            _check_order(run, stage, "start", _start_from_weight_set(network, stage))
        if stage.teacher:
            teacher = _teacher(run, stage)
            training_model(network, teacher, stage, run.recipe.l2)
            if stage.logits_weight and stage.teacher not in earlier:
                _check_order(run, stage, "teacher", teacher)


def _compiled(run: Run, stage: Stage, recipe: Recipe, cooling: Cooling | None) -> tuple[keras.Model, keras.Model]:
    network = network_of(stage, run.build, cooling)
    synchronize_batch_norm(network, run.strategy)
    earlier = run.before(stage)
    if stage.start in earlier:
        load_finished(network, run.weights(earlier[stage.start]))
        if earlier[stage.start].binarize != "activations and weights":
            give_gains_magnitudes(network)
    elif stage.start:
        _start_from_weight_set(network, stage)
    elif run.start_from is not None and not earlier:
        check_finished(run.start_from)
        network.load_weights(str(run.start_from))
    elif recipe.latent_start and not stage.network:
        start_latent_weights(network, run.build(), recipe.latent_start, recipe.seed)
    teacher = _teacher(run, stage) if stage.teacher else None
    if teacher is not None and stage.teacher in earlier:
        load_finished(teacher, run.weights(earlier[stage.teacher]))
    model = training_model(network, teacher, stage, recipe.l2)
    optimizer = make_optimizer(recipe, run.steps(stage), model.trainable_variables)
    if run.strategy.num_replicas_in_sync > 1:
        model.distribute_reduction_method = "sum"
    if isinstance(run.dataset, MaskDataset):
        overlap = keras.metrics.MeanIoU(len(run.dataset.class_names), sparse_y_pred=False, name=MEAN_IOU)
        scores: dict[str, Any] = {"weighted_metrics": ["accuracy", overlap]}
        model.compile(optimizer, "sparse_categorical_crossentropy", metrics=[], jit_compile=recipe.xla, **scores)
    else:
        model.compile(optimizer, "categorical_crossentropy", metrics=["accuracy"], jit_compile=recipe.xla)
    return model, network


def _start_from_weight_set(network: keras.Model, stage: Stage) -> keras.Model:
    """Gives a network a weight set's weights; returns the one that came with them."""
    loaded = load_pretrained(stage.start)
    weights = loaded.get_weights()
    if [weight.shape for weight in weights] != [weight.shape for weight in network.weights]:
        raise ValueError(
            f"start of stage {stage.name!r} is {stage.start!r}, whose weights are not those of {network.name} as it is trained "
            "here; give it the same arguments, input and classes."
        )
    network.set_weights(weights)
    return loaded


def _check_order(run: Run, stage: Stage, role: str, network: keras.Model) -> None:
    """Refuses a weight set with the run's classes in another order; where they are called otherwise, nobody knows their order."""
    weights, own = weight_set_of(network), tuple(run.dataset.class_names)
    theirs = own if weights is None or weights.labels is None else tuple(labels_of(weights))
    if theirs == own or sorted(theirs) != sorted(own):
        return
    first = next(index for index, pair in enumerate(zip(theirs, own, strict=True)) if pair[0] != pair[1])
    there, here = (", ".join(names[first : first + _SHOWN_CLASSES]) for names in (theirs, own))
    raise ValueError(
        f"{role} of stage {stage.name!r} is {getattr(stage, role)!r}, whose classes are in another order than those of the data: "
        f"from number {first} on they are {there} in it, {here} in the data."
    )


def _teacher(run: Run, stage: Stage) -> keras.Model:
    """An earlier stage's network, without its weights, or a weight set."""
    earlier = run.before(stage)
    return network_of(earlier[stage.teacher], run.build) if stage.teacher in earlier else load_pretrained(stage.teacher)


def _callbacks(run: Run, stage: Stage, model: keras.Model, place: Place, start: Position, bar: Any) -> list[Any]:
    means = [means_callback(run.strategy)] if run.strategy.num_replicas_in_sync > 1 else []
    first = [*means, divergence_callback()]  # on every machine: one that stopped alone would be waited for
    if not is_chief(run.strategy):
        return [*first, *run.callbacks]
    recipe, steps, first_epoch = recipe_of(run.recipe, stage), run.steps(stage), run.first_epoch(stage)
    last_epoch = first_epoch + stage.epochs
    found = [
        flip_callback(model),
        recording_callback(place, start, steps, first_epoch, run.checkpoint_seconds),
        progress_callback(bar, last_epoch, steps, recipe.batch_size, first_epoch=first_epoch, start=start.step),
    ]
    if run.tensorboard:
        first_step = sum(other.epochs * run.steps(other) for other in run.before(stage).values())
        found.append(tensorboard_callback(run.folder / "tensorboard", steps, first_epoch=first_epoch, first_step=first_step))
    return [*first, *found, *run.callbacks]


def _fit(run: Run, stage: Stage, model: keras.Model, start: Position, callbacks: list[Any]) -> None:
    recipe, steps, first_epoch = recipe_of(run.recipe, stage), run.steps(stage), run.first_epoch(stage)
    # Keras counts steps from the start of an epoch: one that was begun is finished by a call of its own.
    first, done = divmod(start.step, steps)
    parts = [(first, first + 1, done), (first + 1, recipe.epochs, 0)] if done else [(first, recipe.epochs, 0)]
    validation, validation_steps = None, None
    if run.held_out is not None:
        size = recipe.batch_size if isinstance(run.held_out, MaskDataset) else _HELD_OUT_BATCH
        batches = evaluation_batches(run.held_out, run.preprocessing, size)
        validation = shared_out(batches, run.strategy)
        validation_steps = None if validation is batches else -(-len(run.held_out) // size)
    for begin, end, skipped in parts:
        begin, end = begin + first_epoch, end + first_epoch
        batches = training_batches(run.dataset, recipe, run.preprocessing, begin * steps + skipped)
        model.fit(
            shared_out(batches, run.strategy, recipe.batch_size),
            steps_per_epoch=steps - skipped,
            initial_epoch=begin,
            epochs=end,
            validation_data=validation,
            validation_steps=validation_steps,
            verbose=0,
            callbacks=callbacks,
        )
