"""bnn_zoo: a model zoo and architecture builder for binarized neural networks.

    import bnn_zoo

    model = bnn_zoo.BiRealNet(pretrained="cifar10")
    probabilities = model.predict(bnn_zoo.preprocess(images, model))
    bnn_zoo.decode_predictions(probabilities, model)

`list_models()` names the networks, `model_info(name)` tells what is known of one, and `blocks` holds what new ones are made of.
Importing the package loads no TensorFlow; each name below is loaded when it is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bnn_zoo import _keras as _keras  # sees to it, at no cost, that tf.keras will be Keras 2
from bnn_zoo._lazy import lazy_names

if TYPE_CHECKING:
    from bnn_zoo import blocks, data, deploy, hub, models, training, transfer
    from bnn_zoo._startup import load_tensorflow
    from bnn_zoo.comparison.compare import compare
    from bnn_zoo.comparison.profile import Profile, profile
    from bnn_zoo.comparison.result import Comparison
    from bnn_zoo.comparison.row import NetworkRow
    from bnn_zoo.evaluation import Evaluation, evaluate
    from bnn_zoo.hub import (
        Metric,
        WeightFileError,
        WeightMismatchError,
        WeightsError,
        WeightSet,
        load_pretrained,
        push_to_hub,
        save_pretrained,
    )
    from bnn_zoo.inference import decode_predictions, preprocess
    from bnn_zoo.transfer import features, freeze, replace_head, unfreeze
    from bnn_zoo.zoo import (
        ABReActNet18,
        ABReActNet34,
        ABReActNetA,
        BinaryAlexNet,
        BinaryDenseNet28,
        BinaryDenseNet37,
        BinaryDenseNet37Dilated,
        BinaryDenseNet45,
        BinaryNet,
        BinaryResNetE18,
        BinaryResNetE34,
        BiRealNet,
        BiRealNet34,
        BiRealNet50,
        BNextLarge,
        BNextMiddle,
        BNextSmall,
        BNextTiny,
        DoReFaNet,
        GroupNet18,
        GroupNet18Segmentation,
        GroupNet34,
        MeliusNet22,
        MeliusNet29,
        MeliusNet42,
        MeliusNet59,
        MeliusNetA,
        MeliusNetB,
        MeliusNetC,
        ModelInfo,
        QuickNet,
        QuickNetLarge,
        QuickNetSmall,
        ReActNet18,
        ReActNetA,
        RealToBinaryNet,
        StrongBaselineNet,
        XNORNet,
        create_model,
        list_models,
        model_info,
    )

__version__ = "0.1.0"

__all__ = [
    "ABReActNet18",
    "ABReActNet34",
    "ABReActNetA",
    "BNextLarge",
    "BNextMiddle",
    "BNextSmall",
    "BNextTiny",
    "BiRealNet",
    "BiRealNet34",
    "BiRealNet50",
    "BinaryAlexNet",
    "BinaryDenseNet28",
    "BinaryDenseNet37",
    "BinaryDenseNet37Dilated",
    "BinaryDenseNet45",
    "BinaryNet",
    "BinaryResNetE18",
    "BinaryResNetE34",
    "Comparison",
    "DoReFaNet",
    "Evaluation",
    "GroupNet18",
    "GroupNet18Segmentation",
    "GroupNet34",
    "MeliusNet22",
    "MeliusNet29",
    "MeliusNet42",
    "MeliusNet59",
    "MeliusNetA",
    "MeliusNetB",
    "MeliusNetC",
    "Metric",
    "ModelInfo",
    "NetworkRow",
    "Profile",
    "QuickNet",
    "QuickNetLarge",
    "QuickNetSmall",
    "ReActNet18",
    "ReActNetA",
    "RealToBinaryNet",
    "StrongBaselineNet",
    "WeightFileError",
    "WeightMismatchError",
    "WeightSet",
    "WeightsError",
    "XNORNet",
    "blocks",
    "compare",
    "create_model",
    "data",
    "decode_predictions",
    "deploy",
    "evaluate",
    "features",
    "freeze",
    "hub",
    "list_models",
    "load_pretrained",
    "load_tensorflow",
    "model_info",
    "models",
    "preprocess",
    "profile",
    "push_to_hub",
    "replace_head",
    "save_pretrained",
    "training",
    "transfer",
    "unfreeze",
]

#: Where each public name lives: in the zoo unless told here; a name that is a module itself lives nowhere else.
_HOMES = dict.fromkeys(__all__, "zoo") | {
    "load_tensorflow": "_startup",
    "Comparison": "comparison.result",
    "NetworkRow": "comparison.row",
    "Profile": "comparison.profile",
    "compare": "comparison.compare",
    "profile": "comparison.profile",
    "Evaluation": "evaluation",
    "evaluate": "evaluation",
    "decode_predictions": "inference",
    "preprocess": "inference",
    "Metric": "hub",
    "WeightFileError": "hub",
    "WeightMismatchError": "hub",
    "WeightSet": "hub",
    "WeightsError": "hub",
    "load_pretrained": "hub",
    "push_to_hub": "hub",
    "save_pretrained": "hub",
    "features": "transfer",
    "freeze": "transfer",
    "replace_head": "transfer",
    "unfreeze": "transfer",
    "blocks": "",
    "data": "",
    "deploy": "",
    "hub": "",
    "models": "",
    "training": "",
    "transfer": "",
}


if not TYPE_CHECKING:  # a type checker that saw this would believe in any name
    __getattr__, __dir__ = lazy_names(__name__, _HOMES, __all__)
