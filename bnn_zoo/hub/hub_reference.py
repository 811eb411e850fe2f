"""The grammar of places on the Hugging Face Hub: `[hf://]USER/REPO[@REVISION][/PATH]`."""

from __future__ import annotations

import re
from dataclasses import dataclass

_NAME = r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,94}[A-Za-z0-9])?"
_WORD = r"[A-Za-z0-9_][A-Za-z0-9._-]*"
_REFERENCE = re.compile(
    # Of revisions with a slash, those that the Hub makes itself can be told from the path behind them.
    rf"(?P<repo>{_NAME}/{_NAME})(?:@(?P<revision>refs/{_WORD}/{_WORD}|{_WORD}(?:%2[Ff]{_WORD})*))?(?:/(?P<path>[^\\\x00-\x1f\x7f]+))?"
)


@dataclass(frozen=True)
class HubFile:
    """A place on the Hub.

    Args:
        repo: USER/REPO.
        revision: branch, tag or commit; None for the main branch.
        path: of a file in the repository, or of a folder; empty for its root.
    """

    repo: str
    revision: str | None
    path: str

    def __str__(self) -> str:
        """The reference that means this place."""
        revision = self.revision or ""
        if not re.fullmatch(rf"refs/{_WORD}/{_WORD}", revision):
            revision = revision.replace("/", "%2F")
        return f"hf://{self.repo}{f'@{revision}' if revision else ''}{f'/{self.path}' if self.path else ''}"


def parse_hub_reference(reference: str) -> HubFile | None:
    """`[hf://]USER/REPO[@REVISION][/PATH]`, taken apart; None if it is nothing of the kind.

    A path is only looked for behind `hf://`. A slash in the name of a branch is written %2F, except in refs/pr/N and its like.
    """
    plain = reference.removeprefix("hf://")
    found = _REFERENCE.fullmatch(plain)
    if found is None or (plain == reference and found["path"]):
        return None
    path = found["path"] or ""
    if path and any(part in ("", ".", "..") for part in path.split("/")):
        return None
    if any(".." in name or "--" in name for name in found["repo"].split("/")) or ".." in (found["revision"] or ""):
        return None
    revision = found["revision"] and re.sub("%2f", "/", found["revision"], flags=re.IGNORECASE)
    return HubFile(found["repo"], revision, path)
