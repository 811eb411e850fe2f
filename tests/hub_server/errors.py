"""The Hub's errors: a status, the X-Error-Code that clients go by, and a sentence."""

from __future__ import annotations

from .wire import Response, json_response


class HubError(Exception):
    """An error that becomes a response.

    Args:
        status: the HTTP status.
        code: the X-Error-Code, or "".
        message: a sentence for people.
        commit: the commit looked at, or None.
    """

    def __init__(self, status: int, code: str, message: str, commit: str | None = None) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.commit = status, code, message, commit

    def response(self) -> Response:
        """The response that tells of the error."""
        headers = {"X-Error-Message": self.message.encode("ascii", "backslashreplace").decode()}
        if self.code:
            headers["X-Error-Code"] = self.code
        if self.commit:
            headers["X-Repo-Commit"] = self.commit
        return json_response({"error": self.message}, self.status, headers)


def repo_not_found(anonymous: bool = False) -> HubError:
    """The repository is missing, or private and not the user's: the Hub gives one answer for both."""
    if anonymous:
        return HubError(401, "RepoNotFound", "Invalid username or password.")
    return HubError(404, "RepoNotFound", "Repository not found")


def revision_not_found(revision: str) -> HubError:
    """No branch, tag or commit of that name."""
    return HubError(404, "RevisionNotFound", f"Invalid rev id: {revision}")


def entry_not_found(path: str, commit: str) -> HubError:
    """No such file in that commit."""
    return HubError(404, "EntryNotFound", f"Entry not found: {path}", commit)


def gated_repo(repo_id: str, anonymous: bool) -> HubError:
    """The repository's conditions were not accepted by this user."""
    if anonymous:
        return HubError(401, "GatedRepo", f"Access to model {repo_id} is restricted. Please log in.")
    return HubError(403, "GatedRepo", f"Access to model {repo_id} is restricted: you are not on the list.")
