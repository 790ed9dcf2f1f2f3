"""C++ sources of our own: compiled by the user's compiler at the first use, and kept on disk."""

from __future__ import annotations

import ctypes
import hashlib
import os
import platform
import shlex
import shutil
import subprocess
import sys
import tempfile
import threading
from contextlib import suppress
from pathlib import Path

import torch

_SECONDS = 120.0  # a compiler that needs longer hangs
_LOCK = threading.Lock()


class NoLibrary(Exception):
    """A source cannot be compiled or loaded here; the message says why, in a few words."""


def library(source: Path) -> ctypes.CDLL:
    """Return a source as a loaded library, compiled if it is not in the user's cache folder.

    The name of the file there holds a hash of the source, the compiler, its options and the
    processor, so what is found is what would be compiled. It is put there at once, so several
    processes may do this at the same time.

    Raises:
        NoLibrary: There is no compiler, or it refuses, or what it made cannot be loaded.
    """
    compiler = _compiler()
    kept = cache_folder() / _name(source, compiler)
    with _LOCK:
        # A file that cannot be loaded is damaged, and made anew.
        if kept.exists():
            with suppress(OSError):
                return ctypes.CDLL(str(kept))
        with suppress(OSError):
            kept.parent.mkdir(parents=True, exist_ok=True)
            _compile(source, compiler, kept)
            return ctypes.CDLL(str(kept))
        # The folder cannot be written, is full, or holds no programs.
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            own = Path(folder, kept.name)
            try:
                _compile(source, compiler, own)
                return ctypes.CDLL(str(own))
            except OSError as error:
                raise NoLibrary(f"what {compiler[0]} made cannot be loaded: {error}") from error


def cache_folder() -> Path:
    """Return where libraries are kept: below ``XDG_CACHE_HOME``, or else ``~/.cache``."""
    given = os.environ.get("XDG_CACHE_HOME", "")
    folder = Path(given) if os.path.isabs(given) else Path(os.path.expanduser("~"), ".cache")
    return folder / "rnnlab" / "native"


def _compiler() -> list[str]:
    """Return the command that compiles C++: ``CXX`` if set, or else the first one installed."""
    candidates = [shlex.split(os.environ.get("CXX", "")), ["c++"], ["g++"], ["clang++"]]
    for command in filter(None, candidates):
        if found := shutil.which(command[0]):
            return [found, *command[1:]]
    raise NoLibrary("there is no C++ compiler (CXX, c++, g++ or clang++)")


def _options() -> list[list[str]]:
    """Return sets of options, the fastest result first; the last is understood everywhere."""
    common = ["-O3", "-std=c++17", "-shared", "-fPIC"]
    threads = ["-fopenmp"]
    if sys.platform == "darwin":
        # Apple's compiler knows OpenMP but brings no runtime; torch does.
        threads = ["-Xclang", "-fopenmp", str(Path(torch.__file__).parent / "lib/libomp.dylib")]
    return [
        [*common, *processor, *parallel]
        for parallel in (threads, [])
        for processor in (["-march=native"], ["-mcpu=native"], [])
    ]


def _compile(source: Path, compiler: list[str], target: Path) -> None:
    """Write a library, at once.

    Raises:
        NoLibrary: The compiler refuses every set of options.
        OSError: The folder of the target cannot be written.
    """
    file, name = tempfile.mkstemp(suffix=target.suffix, prefix=target.stem, dir=target.parent)
    os.close(file)
    try:
        for options in _options():
            # Libraries follow the source that needs them.
            command = [*compiler, str(source), *options, "-o", name]
            refusal = _refusal(command)
            if refusal is None:
                break
        else:
            raise NoLibrary(f"{compiler[0]} refuses {source.name}: {refusal}")
        with open(name, "rb+") as written:
            os.fsync(written.fileno())
        os.replace(name, target)
    finally:
        with suppress(OSError):
            os.remove(name)


def _refusal(command: list[str]) -> str | None:
    """Run a compiler and return what it complains of, in a line, or None."""
    environment = {**os.environ, "LC_ALL": "C"}
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=_SECONDS, env=environment, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    if done.returncode == 0:
        return None
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    errors = [line for line in lines if "error" in line]
    return next(iter(errors or lines), f"exit status {done.returncode}").strip()


def _name(source: Path, compiler: list[str]) -> str:
    """Return a file name that changes with whatever changes the library."""
    program = os.path.realpath(compiler[0])
    stat = os.stat(program)
    of_compiler = (compiler, program, stat.st_size, stat.st_mtime_ns)
    parts = (source.read_text(encoding="utf-8"), of_compiler, _options(), _processor())
    digest = hashlib.sha256(repr(parts).encode()).hexdigest()
    return f"{source.stem}-{digest[:20]}.{'dll' if os.name == 'nt' else 'so'}"


def _processor() -> list[str]:
    """Return what says which instructions there are: a home folder may be seen by many machines."""
    known = [platform.machine(), platform.system()]
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            for line in lines:
                if not line.strip():
                    break  # the other cores are alike
                if line.startswith(("model", "flags", "Features", "CPU ", "isa")):
                    known.append(line.strip())
    except OSError:
        known.append(platform.node())
    return known
