"""As test_differences.py, for upstream's checks that packages are there."""

import sys
import tomllib
from importlib import import_module
from pathlib import Path

import pytest

from embedfn import utils
from embedfn.utils.dependency_control import prompt_install

# What each check is for: the modules, and the packages that bring them.
CHECKED = {
    "FlagEmbedding": {"peft": "peft", "FlagEmbedding": "FlagEmbedding"},
    "google": {"google.genai": "google-genai"},
    "instructor": {"InstructorEmbedding": "InstructorEmbedding"},
    "kiwi": {"kiwipiepy": "kiwipiepy"},
    "huggingface_hub": {"huggingface_hub": "huggingface-hub"},
    "mecab": {"MeCab": "mecab-python3"},
    "protobuf": {"google.protobuf": "protobuf"},
    "sentence_transformers": {"sentence_transformers": "sentence-transformers"},
    "unidic_lite": {"unidic_lite": "unidic-lite"},
}
NAMES = sorted(name.removeprefix("import_") for name in utils.__all__)
EXTRAS = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text())["project"][
    "optional-dependencies"
]


def modules_of(name):
    return CHECKED.get(name, {name: name})


def brought(requirement):
    """What pip installs for one thing that it is given, as far as pyproject.toml says."""
    if requirement.startswith("embedfn["):
        for extra in requirement.partition("[")[2].rstrip("]").split(","):
            for inner in EXTRAS[extra]:
                yield from brought(inner)
    else:
        yield requirement.split(";")[0].split(">")[0].split("=")[0].strip()


@pytest.fixture
def their_utils(monkeypatch):
    """Upstream's module, and what it would have pip install."""
    module = import_module("pymilvus.model.utils")
    asked = []
    monkeypatch.setattr(module, "prompt_install", asked.append)
    return module, asked


@pytest.mark.parametrize("name", NAMES)
def test_checks_install_nothing(name, their_utils, monkeypatch):
    theirs, asked = their_utils
    monkeypatch.setattr(theirs.importlib.util, "find_spec", lambda _: None)
    getattr(theirs, f"import_{name}")()
    assert asked
    monkeypatch.undo()

    check = getattr(utils, f"import_{name}")
    for module in modules_of(name):
        monkeypatch.setitem(sys.modules, module, module)
    assert check() is None
    for module, package in modules_of(name).items():
        with monkeypatch.context() as patch:
            patch.setitem(sys.modules, module, None)
            with pytest.raises(ImportError, match=f"^{module} is needed .* pip install '") as error:
                check()
        given = str(error.value).partition("pip install ")[2].replace("'", "").split()
        assert package in {what for requirement in given for what in brought(requirement)}


def test_checks_look_for_the_right_module(their_utils, monkeypatch):
    theirs, asked = their_utils
    monkeypatch.setitem(sys.modules, "konlpy", None)  # which is what import_mecab looks for
    for name in ("google", "protobuf", "unidic_lite", "mecab"):
        for module in modules_of(name):
            monkeypatch.setitem(sys.modules, module, import_module("json"))
        getattr(theirs, f"import_{name}")()
        assert getattr(utils, f"import_{name}")() is None
    packages = ["google-genai>=1.7.0", "protobuf==3.20.2", "unidic-lite", "mecab-python3"]
    assert asked == packages


def test_prompt_install_installs_nothing(monkeypatch):
    theirs = import_module("pymilvus.model.utils.dependency_control")
    commands = []
    monkeypatch.setattr(
        theirs.subprocess, "check_call", lambda command, shell: commands.append(command)
    )
    theirs.prompt_install("some-package>=2")
    assert commands == ["pip install -q some-package>=2"]
    for options in ({}, {"warn": True}):
        with pytest.raises(ImportError, match=r"pip install 'some-package>=2'$"):
            prompt_install("some-package>=2", **options)
    assert len(commands) == 1
