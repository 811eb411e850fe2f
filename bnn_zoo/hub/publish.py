"""Weight sets on their way to the Hugging Face Hub."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bnn_zoo._error_words import in_one_line
from bnn_zoo._user_path import user_path
from bnn_zoo.data.preprocessing_settings import Preprocessing
from bnn_zoo.hub.card import model_card
from bnn_zoo.hub.errors import WeightFileError, WeightsError
from bnn_zoo.hub.folder import CARD, CONFIG, TENSORS, check_labels, read_config, run_files, save_pretrained
from bnn_zoo.hub.hub_reference import parse_hub_reference
from bnn_zoo.hub.load import load_pretrained
from bnn_zoo.hub.weight_set import WeightSet


def push_to_hub(
    model_or_folder: Any,
    repo_id: str,
    *,
    private: bool = False,
    token: str | None = None,
    revision: str | None = None,
    message: str | None = None,
    **save_options: Any,
) -> str:
    """Publishes a weight set as a repository on the Hugging Face Hub, from where `pretrained="user/repo"` loads it.

    Everything is checked before anything is sent. Configuration, weights and model card go up in one commit.

    Args:
        model_or_folder: a keras.Model, or a folder that `save_pretrained` wrote, which goes up as it is.
        repo_id: USER/REPO; the repository is made if it is not there.
        private: makes a new repository private; one that exists stays as it is.
        token: that of the user who is logged in (`hf auth login`), or HF_TOKEN, if not given.
        revision: the branch; made if it is not there. The main branch if not given.
        message: of the commit.
        save_options: of a model, as `save_pretrained` takes them: tag, labels, metrics, license, dataset, ...

    Returns:
        The URL of the commit.

    Raises:
        ValueError: if an argument means nothing.
        WeightsError: if the weight set is damaged, or the Hub refuses it or cannot be reached.
    """
    place = parse_hub_reference(repo_id) if isinstance(repo_id, str) else None
    if place is None or place.revision or place.path or repo_id.startswith("hf://"):
        raise ValueError(f"repo_id={repo_id!r} must be USER/REPO, as in 'me/my-bnn'; a branch is given as revision=.")
    if isinstance(model_or_folder, (str, os.PathLike)):
        if save_options:
            raise ValueError(
                f"{next(iter(save_options))}= describes a model that is saved; a folder goes up as it is: leave it out, "
                "or change the folder."
            )
        return _push(user_path(model_or_folder), repo_id, private, token, revision, message)
    with tempfile.TemporaryDirectory(prefix="bnn_zoo-") as temporary:
        folder = save_pretrained(model_or_folder, temporary, **save_options)
        (folder / CARD).write_text(model_card(read_config(folder), repo_id), encoding="utf-8")
        return _push(folder, repo_id, private, token, revision, message)


def check_folder(folder: str | os.PathLike[str]) -> WeightSet:
    """Whether a folder is a weight set that others can load and use: it is loaded, and its model card read.

    Returns:
        Its record.

    Raises:
        WeightsError: saying what is wrong with which file.
    """
    folder = user_path(folder)
    weights = read_config(folder)
    if weights.sha256 is None:
        raise WeightFileError(f"{folder / CONFIG}: has no sha256, so that nobody could tell a damaged file; save it again.")
    try:
        model = load_pretrained(weights, include_top=weights.include_top)
        if weights.labels is not None:
            check_labels(weights.labels, model)
        if weights.preprocessing is not None:
            Preprocessing.from_dict(weights.preprocessing)
    except ValueError as error:
        raise WeightFileError(f"{folder / CONFIG}: {error}") from error
    _check_card(folder / CARD)
    return weights


def _check_card(path: Path) -> None:
    from huggingface_hub import ModelCard

    try:
        card = ModelCard(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise WeightFileError(f"{path}: there is no model card; save the weight set again.") from error
    except Exception as error:  # whatever the YAML parser raises
        raise WeightFileError(f"{path}: its metadata cannot be read ({in_one_line(error)}).") from error
    if not card.data.to_dict():
        raise WeightFileError(f"{path}: has no metadata between two lines of ---, by which the Hub lists it.")


def _push(folder: Path, repo_id: str, private: bool, token: str | None, revision: str | None, message: str | None) -> str:
    from huggingface_hub import CommitOperationAdd, HfApi, ModelCard

    weights = check_folder(folder)
    with _explained(repo_id):
        ModelCard((folder / CARD).read_text(encoding="utf-8")).validate()
        api = HfApi(token=token)
        api.create_repo(repo_id, private=private, exist_ok=True)
        if revision is not None:
            api.create_branch(repo_id, branch=revision, exist_ok=True)
        commit = api.create_commit(
            repo_id,
            [CommitOperationAdd(name, folder / name) for name in (CONFIG, TENSORS, CARD, *run_files(folder))],
            commit_message=message or f"Weights of {weights.name}, saved by bnn_zoo",
            revision=revision,
        )
        return str(commit.commit_url)


@contextmanager
def _explained(repo_id: str) -> Iterator[None]:
    from huggingface_hub import errors

    try:
        yield
    except errors.OfflineModeIsEnabled as error:
        raise WeightsError(f"{repo_id}: nothing can be sent in offline mode; unset HF_HUB_OFFLINE.") from error
    except errors.HfHubHTTPError as error:
        status = getattr(error.response, "status_code", None)
        advice = {
            401: "you are not logged in, or the token is not valid: `hf auth login` with a token that may write",
            403: "you may not write there: check the name, or use a token that may write",
            404: "there is no such repository, or you may not see it: check the name, or log in with `hf auth login`",
        }.get(status or 0, "try again later")
        raise WeightsError(f"{repo_id}: the Hub answered {status}; {advice} ({in_one_line(error)}).") from error
    except ValueError as error:
        raise WeightsError(f"{repo_id}: the Hub refuses the model card or the name ({in_one_line(error)}).") from error
    except Exception as error:  # the HTTP library's own errors, of which there is no list
        raise WeightsError(
            f"{repo_id}: the Hub cannot be reached, or broke off ({type(error).__name__}: {in_one_line(error)})."
        ) from error
