"""Syntax errors of the YAML parser in plain words."""

from __future__ import annotations

from typing import Any

from spsim.errors import Problem
from spsim.yaml_text import line_and_column

_TAB = ("a tab stands where YAML wants spaces", "replace tabs with spaces")
_INDENT = (
    "the lines of this block do not line up, or a colon, comma, quote or bracket is missing",
    "indent the keys of one block by the same number of spaces and check the line above",
)
_ESCAPE = ("an unknown \\ sequence in double quotes", "use single quotes, for example for Windows paths")
_WORDS = (
    ("'\\t'", *_TAB),
    ("found a tab character", *_TAB),
    (
        "mapping values are not allowed",
        "a second colon stands here",
        "put text that holds `: ` in quotes, or check the indent",
    ),
    (
        "could not find expected ':'",
        "a colon is missing after a key",
        "write `key: value`, with a space after the colon",
    ),
    (
        "while scanning a quoted scalar",
        "a quotation mark is not closed",
        "close it, or use the same kind of quote twice",
    ),
    ("escape", *_ESCAPE),
    ("hexdecimal", *_ESCAPE),
    ("cannot start any token", "this character cannot start a value", "put the value in quotes"),
    (
        "flow sequence",
        "a list in [ ] is not closed or lacks a comma",
        "close it with ] and put commas between its values",
    ),
    (
        "flow mapping",
        "a block in { } is not closed or lacks a comma",
        "close it with } and put commas between its values",
    ),
    ("undefined tag handle", "tags such as !x are not allowed", "delete the tag; put text in quotes"),
    ("scanning a tag", "tags such as !x are not allowed", "delete the tag; put text in quotes"),
    ("parsing a tag", "tags such as !x are not allowed", "delete the tag; put text in quotes"),
    ("scanning an alias", "a name is missing after *", "put a value that starts with * in quotes"),
    ("scanning an anchor", "a name is missing after &", "put a value that starts with & in quotes"),
    (
        "block sequence entries are not allowed",
        "a list cannot start here",
        "put `- ` on a line of its own under the key",
    ),
    ("directive", "lines that start with % are not allowed", "delete the line, or quote the value"),
    ("expected <document start>", *_INDENT),
    ("<block end>", *_INDENT),
    ("expected key", *_INDENT),
    ("expected '-' indicator", *_INDENT),
)


def in_plain_words(error: Any, name: str, text: str) -> Problem:
    """One problem for a YAMLError, at the place the parser names."""
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    if mark is not None:
        if text[mark.index : mark.index + 1] == "\t":
            return Problem(name, mark.line + 1, mark.column + 1, (), *_TAB)
        line, column = mark.line + 1, mark.column + 1
    else:
        line, column = line_and_column(text, min(getattr(error, "position", 0), len(text)))
    return Problem(name, line, column, (), *_words(str(error)))


def _words(error: str) -> tuple[str, str]:
    for mark, message, remedy in _WORDS:
        if mark in error:
            return message, remedy
    return (
        "this is not valid YAML",
        "check the indent, colons, quotes and brackets on this line and the one above",
    )
