"""`import bnn_zoo` is quick, loads nothing heavy, and yet shows everything to people, editors and type checkers."""

from __future__ import annotations

import ast
import os
import statistics
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

import pytest
from fresh_process import printed_by

import bnn_zoo

INIT = Path(bnn_zoo.__file__)
TENSORFLOW = ("tensorflow", "tf_keras", "larq")
HEAVY = (*TENSORFLOW, "keras", "numpy", "h5py", "safetensors", "huggingface_hub", "PIL", "rich", "pooch", "requests")


def test_import_loads_nothing_heavy() -> None:
    assert printed_by(f"import sys, bnn_zoo\nprint([name for name in {HEAVY} if name in sys.modules])") == "[]"


def test_import_takes_under_150_milliseconds() -> None:
    code = "import time\nstart = time.perf_counter()\nimport bnn_zoo\nprint(time.perf_counter() - start)"
    assert statistics.median(float(printed_by(code)) for _ in range(5)) < 0.15


@pytest.mark.parametrize(
    "code",
    [
        "bnn_zoo.list_models(), bnn_zoo.list_models('*resnet*', pretrained=True)",
        "[bnn_zoo.model_info(name) for name in bnn_zoo.list_models()]",
        "dir(bnn_zoo)",
        "[getattr(bnn_zoo, name) for name in dir(bnn_zoo)]",
        "pydoc.render_doc(bnn_zoo.BiRealNet)",
        "inspect.signature(bnn_zoo.QuickNet)",
        "pydoc.render_doc(bnn_zoo.blocks)",
        "bnn_zoo.blocks.Binarization(clip_value=1.3)",
    ],
)
def test_no_tensorflow_is_loaded(code: str) -> None:
    out = printed_by(f"import sys, inspect, pydoc, bnn_zoo\n{code}\nprint([n for n in {TENSORFLOW} if n in sys.modules])")
    assert out.splitlines()[-1] == "[]"


def test_help_is_complete() -> None:
    """Every network's help shows the shared arguments and its own, each with a word on it, and where it comes from."""
    import inspect
    import pydoc

    for info in map(bnn_zoo.model_info, bnn_zoo.list_models()):
        factory = getattr(bnn_zoo, info.factory)
        assert factory.__name__ == info.factory
        text = pydoc.plain(pydoc.render_doc(factory))
        shared = ["pretrained", "input_shape", "input_tensor", "num_classes", "include_top", "name"]
        parameters = inspect.signature(factory).parameters
        assert list(parameters)[:6] == shared
        assert all(parameter.kind is parameter.KEYWORD_ONLY for parameter in parameters.values())
        assert f"{info.factory}(*, pretrained" in text
        for name in parameters:
            assert f" {name}: " in text, f"{info.factory} says nothing of {name}"
        assert info.paper.title in text and info.paper.arxiv in text
        assert "Returns:" in text and "Raises:" in text and "Args:" in text


def test_help_of_birealnet() -> None:
    import pydoc

    text = pydoc.plain(pydoc.render_doc(bnn_zoo.BiRealNet))
    assert "filters: 'int' = 64" in text or "filters: int = 64" in text
    assert "section_blocks" in text and "stem" in text and "channels of the first section" in text


ROOMS = [bnn_zoo.data, bnn_zoo.deploy, bnn_zoo.hub, bnn_zoo.training, bnn_zoo.transfer]


@pytest.mark.parametrize("package", [bnn_zoo, *ROOMS], ids=lambda package: package.__name__)
def test_names_agree(package: ModuleType) -> None:
    """__all__, the table of homes and what type checkers see are one list."""
    tree = ast.parse(Path(str(package.__file__)).read_text())
    checked = next(node for node in tree.body if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING")
    homes = homes_of(checked.body, package)
    assert len(homes) == sum(len(statement.names) for statement in checked.body if isinstance(statement, ast.ImportFrom))
    assert homes == package._HOMES
    at_once = homes_of(tree.body, package).keys() & set(package.__all__)
    assert sorted([*homes, *at_once]) == sorted(package.__all__)
    assert set(package.__all__) <= set(dir(package))
    for name in package.__all__:
        assert getattr(package, name) is not None


def homes_of(statements: list[ast.stmt], package: ModuleType) -> dict[str, str]:
    """What is imported from the package itself: each name, and the module in the package that it comes from."""
    own = [node for node in statements if isinstance(node, ast.ImportFrom) and f"{node.module}.".startswith(f"{package.__name__}.")]
    return {alias.name: str(node.module)[len(package.__name__) + 1 :] for node in own for alias in node.names}


@pytest.mark.parametrize(
    ("function", "result"),
    [("compare", "Comparison"), ("profile", "Profile"), ("evaluate", "Evaluation"), ("model_info", "ModelInfo")],
)
def test_what_a_function_gives_has_a_public_name(function: str, result: str) -> None:
    assert getattr(bnn_zoo, function).__annotations__["return"] == result
    assert result in bnn_zoo.__all__ and isinstance(getattr(bnn_zoo, result), type)
    assert "NetworkRow" in bnn_zoo.__all__, "what a Comparison holds"


def test_every_network_has_its_factory() -> None:
    assert {bnn_zoo.model_info(name).factory for name in bnn_zoo.list_models()} <= set(bnn_zoo.__all__)


def test_unknown_attribute() -> None:
    with pytest.raises(AttributeError, match="module 'bnn_zoo' has no attribute 'BiRealNets'. Did you mean BiRealNet"):
        bnn_zoo.BiRealNets  # noqa: B018
    for room in ROOMS:
        with pytest.raises(AttributeError, match=rf"no attribute 'xyzzy'. dir\({room.__name__}\) names all."):
            room.xyzzy  # noqa: B018
    assert not hasattr(bnn_zoo, "__wrapped__")


@pytest.mark.skipif(find_spec("mypy") is None, reason="mypy is not installed")
def test_type_checker_sees_the_factories(tmp_path: Path) -> None:
    snippet = tmp_path / "snippet.py"
    snippet.write_text(
        "import bnn_zoo\n"
        "reveal_type(bnn_zoo.BiRealNet)\n"
        "reveal_type(bnn_zoo.BiRealNet(input_shape=(32, 32, 3), filters=16))\n"
        "reveal_type(bnn_zoo.list_models())\n"
        "bnn_zoo.BiRealNets\n"
        "bnn_zoo.BiRealNet(input_shape='large')\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--ignore-missing-imports", f"--cache-dir={tmp_path}", str(snippet)],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "MYPYPATH": str(INIT.parents[1])},
        timeout=240,
    )
    lines = [line for line in done.stdout.splitlines() if "snippet.py" in line]
    assert 'Revealed type is "bnn_zoo.zoo.Factory"' in lines[0]
    assert "Revealed type is" in lines[1] and ("Model" in lines[1] or '"Any"' in lines[1]), "tf-keras has no types of its own"
    assert 'Revealed type is "builtins.list[builtins.str]"' in lines[2] or '"list[str]"' in lines[2]
    assert "snippet.py:5" in lines[3] and "BiRealNets" in lines[3]
    assert "snippet.py:6" in lines[4] and "input_shape" in lines[4]


@pytest.mark.parametrize(("given", "to_train", "expected"), [(None, True, "1"), (None, False, None), ("0", True, "0")])
def test_training_computes_through_onednn_unless_the_environment_says_otherwise(
    monkeypatch: pytest.MonkeyPatch, given: str | None, to_train: bool, expected: str | None
) -> None:
    monkeypatch.delenv("TF_ENABLE_ONEDNN_OPTS", raising=False)
    if given is not None:
        monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", given)
    code = f"from bnn_zoo._startup import load_tensorflow; load_tensorflow(to_train={to_train}); import os; "
    assert printed_by(code + "print(os.environ.get('TF_ENABLE_ONEDNN_OPTS'))") == str(expected)
