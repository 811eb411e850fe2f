"""Uploads of large files by the Git LFS protocol: batch, basic or multipart upload, verify."""

from __future__ import annotations

import hashlib
from math import ceil

from .access import writable_repo
from .errors import HubError
from .signing import Signer
from .storage import Storage
from .wire import Request, Response, json_response


class LargeFileUploads:
    """Answers the requests of an LFS client.

    Args:
        storage: where the files go.
        signer: signs the links to upload to, which get no token.
        endpoint: the server's address, without a slash at its end.
        multipart_chunk: files of more bytes than this are asked for in parts of this size; None: never.
    """

    def __init__(self, storage: Storage, signer: Signer, endpoint: str, multipart_chunk: int | None) -> None:
        self._storage, self._signer, self._endpoint = storage, signer, endpoint
        self._multipart_chunk = multipart_chunk

    def batch(self, request: Request, user: str | None, repo_id: str) -> Response:
        """Say for each object how to upload it; no actions for those that are here."""
        payload = request.json()
        with self._storage.lock:
            writable_repo(self._storage, repo_id, user)
            known = set(self._storage.objects)
        if payload.get("operation") != "upload":
            raise HubError(400, "", "Only uploads are served here; download by /resolve/")
        objects = [self._instructions(repo_id, item, known) for item in payload["objects"]]
        multipart = any("chunk_size" in item.get("actions", {}).get("upload", {}).get("header", {}) for item in objects)
        return json_response({"transfer": "multipart" if multipart else "basic", "objects": objects})

    def upload(self, request: Request, repo_id: str, oid: str) -> Response:
        """Take in a whole object (PUT), or put its parts together (POST)."""
        self._require_signature(request)
        if request.method == "PUT":
            self._keep(oid, request.body)
            return Response(200)
        with self._storage.lock:
            parts = self._storage.parts.pop(oid, {})
        wanted = [(part["partNumber"], part["etag"].strip('"')) for part in request.json()["parts"]]
        held = [(number, hashlib.md5(parts[number]).hexdigest()) for number in sorted(parts)]
        if wanted != held:
            raise HubError(400, "", f"The parts to put together are {wanted}, but those here are {held}")
        self._keep(oid, b"".join(parts[number] for number in sorted(parts)))
        return json_response({"success": True})

    def upload_part(self, request: Request, repo_id: str, oid: str, number: str) -> Response:
        """Take in one part of an object."""
        self._require_signature(request)
        with self._storage.lock:
            self._storage.parts.setdefault(oid, {})[int(number)] = request.body
        return Response(200, b"", {"ETag": f'"{hashlib.md5(request.body).hexdigest()}"'})

    def verify(self, request: Request, user: str | None, repo_id: str) -> Response:
        """Confirm that an object arrived."""
        wanted = request.json()
        with self._storage.lock:
            writable_repo(self._storage, repo_id, user)
            data = self._storage.objects.get(wanted["oid"])
        if data is None or len(data) != wanted["size"]:
            raise HubError(404, "", f"No object {wanted['oid']} of {wanted['size']} bytes arrived")
        return Response(200)

    def _instructions(self, repo_id: str, item: dict, known: set[str]) -> dict:
        oid, size = item["oid"], item["size"]
        if oid in known:
            return {"oid": oid, "size": size}
        path = f"/lfs-uploads/{repo_id}/{oid}"
        upload: dict = {"href": self._signed(path)}
        if self._multipart_chunk is not None and size > self._multipart_chunk:
            count = ceil(size / self._multipart_chunk)
            parts = {f"{number:05d}": self._signed(f"{path}/{number}") for number in range(1, count + 1)}
            upload["header"] = {"chunk_size": str(self._multipart_chunk), **parts}
        verify = {"href": f"{self._endpoint}/{repo_id}.git/info/lfs/objects/verify"}
        return {"oid": oid, "size": size, "authenticated": True, "actions": {"upload": upload, "verify": verify}}

    def _signed(self, path: str) -> str:
        return f"{self._endpoint}{path}?signature={self._signer.sign(path)}"

    def _require_signature(self, request: Request) -> None:
        if not self._signer.is_valid(request):
            raise HubError(403, "", "The link's signature is missing or wrong")

    def _keep(self, oid: str, data: bytes) -> None:
        if hashlib.sha256(data).hexdigest() != oid:
            raise HubError(400, "", f"The {len(data)} bytes that arrived do not hash to {oid}")
        with self._storage.lock:
            self._storage.objects[oid] = data
