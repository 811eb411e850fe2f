"""A trained network made one's own: another head, layers that stay as they are, rates that differ, features at several sizes.

    model = bnn_zoo.replace_head(bnn_zoo.BiRealNet(pretrained="cifar10"), num_classes=3)
    print(bnn_zoo.freeze(model, until="head"))

`finetune` does all of it, from a folder of pictures to a weight set. Importing this room loads no TensorFlow; each name below is
loaded when it is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bnn_zoo._lazy import lazy_names

if TYPE_CHECKING:
    from bnn_zoo.transfer.freezing import Frozen, freeze, unfreeze
    from bnn_zoo.transfer.head import replace_head
    from bnn_zoo.transfer.own_pictures import finetune
    from bnn_zoo.transfer.plan import finetuning_recipes
    from bnn_zoo.transfer.rates import discriminative_optimizer
    from bnn_zoo.transfer.resolutions import features

_HOMES = {
    "finetune": "own_pictures",
    "finetuning_recipes": "plan",
    "Frozen": "freezing",
    "freeze": "freezing",
    "unfreeze": "freezing",
    "replace_head": "head",
    "discriminative_optimizer": "rates",
    "features": "resolutions",
}

__all__ = [
    "Frozen",
    "discriminative_optimizer",
    "features",
    "finetune",
    "finetuning_recipes",
    "freeze",
    "replace_head",
    "unfreeze",
]


if not TYPE_CHECKING:  # a type checker that saw this would believe in any name
    __getattr__, __dir__ = lazy_names(__name__, _HOMES, __all__)
