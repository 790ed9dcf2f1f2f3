from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from rnnlab.errors import ConfigError
from rnnlab.plugins.scaffold import KINDS, naming, write
from rnnlab.plugins.scaffold import write as written
from rnnlab.plugins.scaffold.write import next_commands, requirement

# Lines must fit, and must not be joined, whatever the length of the name.
NAMES = ("a", "m" * 24, "my_own")


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_the_package_declares_its_component(kind: str, tmp_path: Path) -> None:
    folder = write(naming("my own", kind), tmp_path)
    project = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
    assert folder == tmp_path / "rnnlab-my-own"
    assert project["name"] == "rnnlab-my-own"
    assert project["dependencies"] == ["rnnlab>=0.1,<0.2"]
    (target,) = project["entry-points"][f"rnnlab.{kind}s"].values()
    module, _, name = target.partition(":")
    source = folder / "src" / Path(*module.split(".")).with_suffix(".py")
    classes = [item.name for item in ast.parse(source.read_text()).body if _is_class(item)]
    assert classes == [name]


def test_nothing_is_left_to_fill_in(kind: str, tmp_path: Path) -> None:
    folder = write(naming("mgu", kind), tmp_path)
    files = [path for path in folder.rglob("*") if path.is_file()]
    texts = [path.read_text() for path in files]
    assert not [path for path in files if "$" in str(path) or path.suffix == ".template"]
    assert not [text for text in texts if "$" in text.replace("${{ matrix.python }}", "")]
    assert {".gitignore", "README.md", "pyproject.toml", "test.yml", "py.typed"} < {
        path.name for path in files
    }


@pytest.mark.parametrize("name", NAMES)
def test_what_is_written_needs_no_formatting(name: str, tmp_path: Path) -> None:
    for kind in KINDS:
        (tmp_path / kind).mkdir()
        folder = write(naming(name, kind), tmp_path / kind)
        for command in (["check"], ["format", "--check"]):
            done = subprocess.run(
                [sys.executable, "-m", "ruff", *command, "--no-cache", folder],
                capture_output=True,
                text=True,
            )
            assert done.returncode == 0, done.stdout


def test_an_empty_folder_of_that_name_is_used(tmp_path: Path) -> None:
    (tmp_path / "rnnlab-mgu").mkdir()
    assert (write(naming("mgu", "cell"), tmp_path) / "pyproject.toml").is_file()


def test_what_exists_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "rnnlab-mgu").mkdir()
    (tmp_path / "rnnlab-mgu" / "mine").write_text("mine")
    (tmp_path / "rnnlab-file").write_text("mine")
    (tmp_path / "rnnlab-link").symlink_to(tmp_path / "nowhere")
    for name in ("mgu", "file", "link"):
        with pytest.raises(ConfigError, match="exists already"):
            write(naming(name, "cell"), tmp_path)
    assert sorted(path.name for path in tmp_path.rglob("*")) == [
        "mine",
        "rnnlab-file",
        "rnnlab-link",
        "rnnlab-mgu",
    ]


@pytest.mark.parametrize("place", ["nowhere", "file"])
def test_the_place_must_be_a_folder(place: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="no such folder"):
        write(naming("mgu", "cell"), tmp_path / place)


def test_a_failure_half_way_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = sys.modules[written.__module__]
    fill, calls = module._fill, []

    def full_disk(*arguments: object) -> None:
        calls.append(arguments)
        if len(calls) == 2:
            raise OSError(28, "No space left on device")
        fill(*arguments)

    monkeypatch.setattr(module, "_fill", full_disk)
    with pytest.raises(OSError, match="No space"):
        write(naming("mgu", "cell"), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_others_may_read_it(tmp_path: Path) -> None:
    (tmp_path / "like").mkdir()
    folder = write(naming("mgu", "cell"), tmp_path)
    assert folder.stat().st_mode == (tmp_path / "like").stat().st_mode


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("0.1.0", "rnnlab>=0.1,<0.2"),
        ("0.9.12", "rnnlab>=0.9,<0.10"),
        ("1.4.2", "rnnlab>=1.4,<2"),
        ("0.2.0rc1", "rnnlab>=0.2,<0.3"),
    ],
)
def test_a_plugin_is_for_the_rnnlab_that_wrote_it(version: str, expected: str) -> None:
    assert requirement(version) == expected


def test_the_commands_quote_what_a_shell_would_split(tmp_path: Path) -> None:
    place = tmp_path / "my plugins"
    place.mkdir()
    names = naming("mgu", "cell")
    install, train, tests, check = next_commands(names, write(names, place))
    assert install == f"pip install -e '{place}/rnnlab-mgu'"
    assert f"'{place}/rnnlab-mgu[dev]'" in tests
    assert train == "rnnlab train cell=mgu cell.hidden_size=64"
    assert check == "rnnlab plugin check rnnlab-mgu"


def test_the_command_imports_no_torch(tmp_path: Path) -> None:
    code = (
        "import sys; from rnnlab.cli import main;"
        f"code = main(['plugin', 'new', 'mgu', '--kind', 'cell', '--path', {str(tmp_path)!r}]);"
        "sys.exit(code or int('torch' in sys.modules or 'hydra' in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"{tmp_path}/rnnlab-mgu\n")
    assert "[dev]" in done.stdout


@pytest.mark.parametrize("name", ["gru", "class", "rnnlab-", ""])
def test_the_command_refuses_in_one_line(name: str, tmp_path: Path) -> None:
    from rnnlab.cli import main

    assert main(["plugin", "new", name, "--kind", "cell", "--path", str(tmp_path)]) == 2
    assert list(tmp_path.iterdir()) == []


def _is_class(item: ast.stmt) -> bool:
    return isinstance(item, ast.ClassDef)
