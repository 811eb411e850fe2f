"""`hub`: info, download, verify and clear, over a registry of one's own and a real socket; push to a Hub on this machine."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import commands
import pytest
from hub_server import FileServer, HubServer

DATA = b"weights, as far as the network road is concerned" * 1000


@pytest.fixture
def environment(file_server: FileServer, tmp_path: Path) -> dict[str, str]:
    url = file_server.add("toy.h5", DATA).replace("http://", "http://me:secret@")
    entry = {
        "architecture": "birealnet",
        "tag": "toy",
        "format": "keras-h5",
        "license": "CC0-1.0",
        "sources": [url],
        "bytes": len(DATA),
        "sha256": hashlib.sha256(DATA).hexdigest(),
    }
    registry = tmp_path / "registry.json"
    registry.write_text(json.dumps({"registry_version": 1, "weight_sets": [entry]}))
    own = {"BNN_ZOO_REGISTRY": str(registry), "BNN_ZOO_CACHE": str(tmp_path / "cache"), "_BNN_ZOO_RETRY_PAUSES": "0.01"}
    return {**os.environ, **own, "COLUMNS": "160"}


def run(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return commands.run("hub", *arguments, environment=environment)


def test_info_download_verify_clear(environment: dict[str, str], file_server: FileServer, tmp_path: Path) -> None:
    before = run(environment, "info", "birealnet.toy").stdout
    assert f"{len(DATA):,} bytes" in before and "CC0-1.0" in before and hashlib.sha256(DATA).hexdigest() in before
    assert "127.0.0.1" in before and "secret" not in before + commands.run("info", "birealnet", environment=environment).stdout
    in_json = run(environment, "info", "birealnet.toy", "--json").stdout
    assert "127.0.0.1" in json.loads(in_json)["sources"][0] and "secret" not in in_json
    in_json = commands.run("info", "birealnet.toy", "--json", environment=environment).stdout
    assert "127.0.0.1" in json.loads(in_json)["weight_sets"][0]["sources"][0] and "secret" not in in_json
    assert before.split("here")[1].split()[0] == "no"

    downloaded = run(environment, "download", "birealnet.toy")
    path = Path(downloaded.stdout.strip())
    assert downloaded.returncode == 0 and path.read_bytes() == DATA
    assert not downloaded.stderr, "no progress bar in a pipe"
    assert run(environment, "info", "birealnet.toy").stdout.split("here")[1].split()[0] == "yes"
    assert run(environment, "download", "birealnet.toy").returncode == 0 and file_server.hits("toy.h5") == 1

    assert "1 files, 0 damaged" in run(environment, "verify").stdout
    path.write_bytes(DATA[:-1])
    damaged = run(environment, "verify")
    assert damaged.returncode == 1 and "DAMAGED" in damaged.stdout

    data_set = path.parent / "datasets" / "cifar.tar.gz"
    data_set.parent.mkdir()
    data_set.write_bytes(b"pictures")
    assert run(environment, "clear").returncode == 0
    assert not path.exists() and data_set.exists()
    assert "Data sets stay" in run(environment, "clear", "--help").stdout


def test_a_folders_name_is_no_markup(tmp_path: Path) -> None:
    folder = tmp_path / "run [a]" / "model"
    shutil.copytree(Path(__file__).parents[2] / "weights" / "birealnet-cifar10", folder)
    told = run({**os.environ, "COLUMNS": "300"}, "info", str(folder))
    assert told.returncode == 0 and told.stdout.count(str(folder)) >= 1, told.stdout + told.stderr


def test_a_download_that_fails_says_what_was_tried(environment: dict[str, str], file_server: FileServer) -> None:
    file_server.fault("toy.h5", "404")
    result = run(environment, "download", "birealnet.toy")
    assert result.returncode == 1 and "Traceback" not in result.stderr
    for words in ("404", "may be put at", "birealnet.cifar10", "toy.h5"):
        assert words in result.stderr
    assert "secret" not in result.stderr


def test_push_publishes_the_packaged_weights(hub_server: HubServer, tmp_path: Path) -> None:
    folder = Path(__file__).parents[2] / "weights" / "birealnet-cifar10"
    environment = {**os.environ, **hub_server.client_environment(tmp_path / "home")}
    result = run(environment, "push", str(folder), "me/birealnet", "--private")
    assert result.returncode == 0, result.stderr
    published = hub_server.files("me/birealnet")
    assert published["model.safetensors"] == (folder / "model.safetensors").read_bytes()
    assert {"README.md", "config.json"} <= set(published)


def test_convert(environment: dict[str, str], tmp_path: Path) -> None:
    sys_path = [str(Path(__file__).parents[1] / "hub"), environment.get("PYTHONPATH", "")]
    environment = {**environment, "PYTHONPATH": os.pathsep.join(filter(None, sys_path))}
    checkpoint, out = tmp_path / "model_best.pth.tar", tmp_path / "out"
    script = (
        "import json, numpy as np; from pathlib import Path; from torch_files import state_of, write_zip; import sys\n"
        "described = json.loads(Path(sys.argv[2]).read_text())['ABReActNet18_cifar10']['state_dict']\n"
        "rng = np.random.default_rng(0)\n"
        "state = {name: rng.normal(size=shape).astype('float32') for name, shape, _ in described}\n"
        "state['extra'] = np.ones(3, np.float32)\n"
        "write_zip(Path(sys.argv[1]), {'epoch': 1, 'state_dict': state_of(state, 'module.')})"
    )
    described = Path(__file__).parents[1] / "golden" / "pytorch_seed0.json"
    subprocess.run([sys.executable, "-c", script, checkpoint, described], env=environment, check=True)
    done = run(environment, "convert", str(checkpoint), "--architecture", "abreactnet18", "--out", str(out), "--input-size", "32")
    assert done.returncode == 0, done.stderr
    assert "not used: extra" in done.stdout and "106 tensors used, 1 not" in done.stdout
    config = json.loads((out / "config.json").read_text())
    assert (config["architecture"], config["num_classes"], config["input_shape"]) == ("ab_reactnet18", 10, [32, 32, 3])
    assert (out / "model.safetensors").stat().st_size < checkpoint.stat().st_size / 20
    wrong_out = ["--out", str(tmp_path / "wrong")]
    unsized = run(environment, "convert", str(checkpoint), "--architecture", "reactnet18", *wrong_out)
    assert unsized.returncode == 1 and "--input-size" in unsized.stderr
    wrong = run(environment, "convert", str(checkpoint), "--architecture", "reactnet18", *wrong_out, "--input-size", "32")
    assert wrong.returncode == 1 and "which reactnet18 needs" in wrong.stderr and "Traceback" not in wrong.stderr
