"""Plain-C twins of the kernels, compiled at bench time with gcc: the practical limit a kernel is measured
against."""

from __future__ import annotations

import ctypes
import hashlib
import shutil
import subprocess
import tempfile
from pathlib import Path

SOURCES = Path(__file__).parent / "c"
FLAGS = ("-O3", "-march=native", "-fno-math-errno", "-shared", "-fPIC")


class NoCompiler(RuntimeError):
    """No gcc on this machine: a benchmark that wants a C twin should be skipped."""


def compile_c(name: str) -> ctypes.CDLL:
    """The shared library of ``c/<name>.c``; compiled once for each version of its source.

    Raises NoCompiler when gcc is absent.
    """
    source = SOURCES / f"{name}.c"
    library = _library_path(source)
    if not library.exists():
        _compile(source, library)
    return ctypes.CDLL(str(library))


def _library_path(source: Path) -> Path:
    """Where the library of this source (keyed by source and flags) lies."""
    key = hashlib.sha256(source.read_bytes() + " ".join(FLAGS).encode()).hexdigest()[:16]
    folder = Path(tempfile.gettempdir()) / "spsim-benchmark-twins"
    folder.mkdir(exist_ok=True)
    return folder / f"{source.stem}-{key}.so"


def _compile(source: Path, library: Path) -> None:
    """Compile beside the target and rename, so that two processes never see half a library."""
    gcc = shutil.which("gcc")
    if gcc is None:
        raise NoCompiler("gcc is not on the path")
    with tempfile.TemporaryDirectory(dir=library.parent) as folder:
        part = Path(folder) / library.name
        subprocess.run([gcc, *FLAGS, "-o", str(part), str(source), "-lm"], check=True)
        part.replace(library)
