"""The real client in a process of its own, as the fixture's variables point it."""

from __future__ import annotations

from pathlib import Path

import pytest
from fresh_process import printed_by

from .content import REPO, WEIGHTS, write_folder
from .server import HubServer


def test_a_new_process_needs_no_arguments(hub_server: HubServer, tmp_path: Path) -> None:
    write_folder(tmp_path / "model")
    code = """if True:
        from huggingface_hub import HfApi, ModelCard, snapshot_download
        api = HfApi()
        api.create_repo("me/my-bnn", private=True)
        ModelCard("---\\nlicense: mit\\n---\\n# x").validate()
        ModelCard("---\\nlicense: mit\\n---\\n# x").push_to_hub("me/my-bnn")
        api.upload_folder(repo_id="me/my-bnn", folder_path=FOLDER)
        print(snapshot_download("me/my-bnn"))
    """.replace("FOLDER", repr(str(tmp_path / "model")))
    folder = Path(printed_by(code))
    assert (folder / "model.safetensors").read_bytes() == hub_server.files(REPO)["model.safetensors"] == WEIGHTS
    assert folder.is_relative_to(tmp_path / "hf_home")


def test_offline_mode_uses_the_cache(hub_server: HubServer) -> None:
    hub_server.commit(REPO, {"config.json": b"{}", "other.json": b"{}"})
    download = "from huggingface_hub import hf_hub_download as get; print(get('me/my-bnn', 'config.json'))"
    path = printed_by(download)
    hub_server.forget_requests()
    assert printed_by(download, HF_HUB_OFFLINE="1") == path
    assert hub_server.requests == []
    missing = """if True:
        from huggingface_hub import hf_hub_download, HfApi
        from huggingface_hub.errors import LocalEntryNotFoundError, OfflineModeIsEnabled
        try:
            hf_hub_download("me/my-bnn", "other.json")
        except LocalEntryNotFoundError as error:
            print(type(error.__cause__).__name__)
        try:
            HfApi().model_info("me/my-bnn")
        except OfflineModeIsEnabled as error:
            print(type(error).__name__)
    """
    assert printed_by(missing, HF_HUB_OFFLINE="1").split() == ["OfflineModeIsEnabled"] * 2


def test_uploads_by_xet_fail_with_a_way_out(hub_server: HubServer) -> None:
    pytest.importorskip("hf_xet")
    hub_server.add_repo(REPO)
    code = """if True:
        from huggingface_hub import upload_file
        upload_file(path_or_fileobj=b"{}", path_in_repo="config.json", repo_id="me/my-bnn")
        try:
            upload_file(path_or_fileobj=b"weights", path_in_repo="model.safetensors", repo_id="me/my-bnn")
        except ConnectionError as error:
            print("xet-write-token" in str(error))
    """
    assert printed_by(code, HF_HUB_DISABLE_XET="0") == "True"
    assert set(hub_server.files(REPO)) == {".gitattributes", "config.json"}
