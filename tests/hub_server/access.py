"""Who asks, and what they may see and change."""

from __future__ import annotations

from collections.abc import Mapping

from .errors import HubError, gated_repo, repo_not_found
from .storage import Repository, Storage
from .wire import Request


def user_of(request: Request, tokens: Mapping[str, str]) -> str | None:
    """The user whose token the request bears, None without a token.

    Raises:
        HubError: the token is unknown (401).
    """
    authorization = request.headers.get("authorization")
    if authorization is None:
        return None
    token = authorization.removeprefix("Bearer ").strip()
    if token not in tokens:
        raise HubError(401, "", "Invalid credentials in Authorization header")
    return tokens[token]


def readable_repo(storage: Storage, repo_id: str, user: str | None) -> Repository:
    """The repository, if the user may know of it.

    Raises:
        HubError: it is missing, or private and not the user's (401 without a token, else 404; RepoNotFound).
    """
    repo = storage.repos.get(repo_id)
    if repo is None or (repo.private and user != repo.owner and user not in repo.granted):
        raise repo_not_found(anonymous=user is None)
    return repo


def downloadable_repo(storage: Storage, repo_id: str, user: str | None) -> Repository:
    """The repository, if the user may read its files.

    Raises:
        HubError: as `readable_repo`, or it is gated and the user was not granted access (401 or 403, GatedRepo).
    """
    repo = readable_repo(storage, repo_id, user)
    if repo.gated and user != repo.owner and user not in repo.granted:
        raise gated_repo(repo_id, anonymous=user is None)
    return repo


def writable_repo(storage: Storage, repo_id: str, user: str | None) -> Repository:
    """The repository, if the user may change it.

    Raises:
        HubError: as `readable_repo`, or the user does not own it (401 without a token, else 403).
    """
    repo = readable_repo(storage, repo_id, user)
    require_owner(repo.owner, user)
    return repo


def require_owner(namespace: str, user: str | None) -> None:
    """Refuse whoever does not own the namespace.

    Raises:
        HubError: 401 without a token, else 403.
    """
    if user is None:
        raise HubError(401, "", "Invalid username or password.")
    if user != namespace:
        raise HubError(403, "", f"You don't have the rights to change repos under the namespace {namespace!r}")
