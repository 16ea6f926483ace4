"""Bytes of a YAML file to text, with plain words when they are not UTF-8 text."""

from __future__ import annotations

import codecs
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from spsim.errors import InputError, Problem

LARGEST_FILE = 5_000_000
_SAVE_AS = "save the file as UTF-8 (in Notepad: File, Save As, Encoding: UTF-8)"
_UTF_16_OR_32 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)
_ZIP, _OLD_EXCEL = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
NOT_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufeff\ufffe\uffff]")
_LINE_END = re.compile("\r\n|\r|\n")


@dataclass(frozen=True)
class SourceFile:
    """A file that was read: as the messages name it, where it lies, and the SHA-256 of its bytes."""

    name: str
    path: Path
    sha256: str


def read_bytes(path: Path, name: str) -> bytes:
    """Read a file of at most 5 MB. Raises InputError."""
    if path.is_dir():
        raise _at(name, 1, 1, "this is a folder, not a file", "name the YAML file inside it")
    if not path.exists():
        raise _at(
            name, 1, 1, "there is no such file", "check the spelling of its name and the folder you are in"
        )
    if not path.is_file():
        raise _at(name, 1, 1, "this is not an ordinary file", "name a YAML file")
    try:
        with path.open("rb") as stream:
            raw = stream.read(LARGEST_FILE + 1)
    except OSError as error:
        reason = error.strerror or "unknown reason"
        raise _at(name, 1, 1, f"the file cannot be read ({reason})", "check that you may read it") from None
    if len(raw) > LARGEST_FILE:
        remedy = "keep long tables in CSV files and name them in the scenario"
        raise _at(name, 1, 1, f"the file is larger than {LARGEST_FILE // 1_000_000} MB", remedy)
    return raw


def fingerprint(name: str, path: Path, raw: bytes) -> SourceFile:
    """Note which bytes were read, for the manifest."""
    return SourceFile(name, path, hashlib.sha256(raw).hexdigest())


def decode(raw: bytes, name: str) -> str:
    """UTF-8 text of the bytes; a UTF-8 byte order mark is dropped. Raises InputError."""
    if raw.startswith((_ZIP, _OLD_EXCEL)):
        raise _at(
            name, 1, 1, "this looks like an Excel, Word or zip file", "name the YAML file of the scenario"
        )
    if raw.startswith(_UTF_16_OR_32) or b"\0" in raw[:4]:
        raise _at(name, 1, 1, "the file is in UTF-16 or UTF-32 (often called Unicode)", _SAVE_AS)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode("utf-8-sig", errors="replace")
        line, column = line_and_column(before, len(before))
        raise _at(
            name, line, column, f"the byte {raw[error.start]:#04x} is not UTF-8 text", _SAVE_AS
        ) from None
    return _printable(text, name)


def _printable(text: str, name: str) -> str:
    strange = NOT_TEXT.search(text)
    if strange is None:
        return text
    line, column = line_and_column(text, strange.start())
    what = f"a character that cannot be printed (U+{ord(strange[0]):04X})"
    raise _at(name, line, column, what, "delete it; it often comes from copying out of another program")


def line_and_column(text: str, position: int) -> tuple[int, int]:
    """Line and column, counted from 1, of a position in a text."""
    ends = [match.end() for match in _LINE_END.finditer(text, 0, position)]
    return len(ends) + 1, position - (ends[-1] if ends else 0) + 1


def _at(name: str, line: int, column: int, message: str, remedy: str) -> InputError:
    return InputError([Problem(name, line, column, (), message, remedy)])
