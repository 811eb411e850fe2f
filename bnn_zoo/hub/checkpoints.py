"""Checkpoints that their authors offer where only a browser gets them: data, with what to do with each."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Checkpoint:
    """A PyTorch file to be fetched by hand.

    Args:
        architecture: the name of the network that it is for.
        page: where a browser finds it.
        published_by: the repository whose README links to it.
        top1: percent, ImageNet, as reported there.
    """

    architecture: str
    page: str
    published_by: str
    top1: float

    @property
    def command(self) -> str:
        """What makes a weight set of the file, once it is here."""
        return f"bnn-zoo hub convert FILE --architecture {self.architecture} --tag imagenet --dataset ImageNet --out FOLDER"


_UST = "https://hkustconnect-my.sharepoint.com/:u:/g/personal/zliubq_connect_ust_hk/"

_CHECKPOINTS = (
    Checkpoint(
        "reactnet18",
        f"{_UST}EY9P7mxs-8BLkTlqMZif4s4BnNWcKbUnvqeA_CvN3c9q4w?e=IpUyF4",
        "github.com/liuzechun/ReActNet",
        65.9,
    ),
    Checkpoint(
        "reactnet_a",
        f"{_UST}EW1FVkAKN5dJg1ns_CcMtQoBJAy1Yxx-b7lpaTFjTJIUKw?e=oyebWy",
        "github.com/liuzechun/ReActNet",
        69.5,
    ),
    Checkpoint(
        "reactnet_a",
        f"{_UST}EXEsfAt42gNLqfzt09BMoTwBbYT6sxH5VkZ_9DmBWhJxXg?e=fd4f5v",
        "github.com/liuzechun/AdamBNN",
        70.5,
    ),
    *(
        Checkpoint(f"bnext_{size}", f"https://drive.google.com/file/d/{file}/view", "github.com/hpi-xnor/BNext", top1)
        for size, file, top1 in (
            ("tiny", "1CJ0XOEhoHuNe-tDYJaAOd1j4YyNXuyas", 72.4),
            ("small", "1NcVM5Qb1K9Oq_sjEA1lGtp7kVbsfTLsa", 76.1),
            ("middle", "1xyKnA6SsG4ZpguNQQrB6Yz-J5dzXYfKE", 78.3),
            ("large", "1XGKcX2Zl_fIU9wPBDjTTxstOBfwQH8xc", 80.6),
        )
    ),
)


def checkpoints_of(architecture: str) -> tuple[Checkpoint, ...]:
    """The checkpoints of a network that have to be fetched by hand.

    Args:
        architecture: its name.
    """
    return tuple(checkpoint for checkpoint in _CHECKPOINTS if checkpoint.architecture == architecture)
