"""The loader: what YAML means, where it stands, what is refused, and `extends`."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spsim import yaml_nodes
from spsim.errors import InputError
from spsim.loader import Document, load

LOADERS = sorted({yaml_nodes.LOADER, yaml.SafeLoader}, key=str)


@pytest.fixture(params=LOADERS, ids=lambda loader: loader.__name__, autouse=True)
def both_parsers(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything holds for the parser in C and for the one in Python."""
    monkeypatch.setattr(yaml_nodes, "LOADER", request.param)


def read(folder: Path, text: str | bytes, name: str = "s.yaml") -> Document:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return load(path)


def refused(folder: Path, text: str | bytes) -> list[str]:
    """The problems of a text, without the folder."""
    with pytest.raises(InputError) as caught:
        read(folder, text)
    return [str(problem).replace(str(folder), "").lstrip("/\\") for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("1e6", 1e6),
        ("1.5E-3", 0.0015),
        (".5", 0.5),
        ("5.", 5.0),
        ("1_000_000", 1_000_000),
        ("1_000.5", 1000.5),
        ("-7", -7),
        ("+7", 7),
        ("007", 7),
        ("60:30", "60:30"),
        ("no", "no"),
        ("yes", "yes"),
        ("on", "on"),
        ("Off", "Off"),
        ("true", True),
        ("FALSE", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("2025-07-01", "2025-07-01"),
        ("2025-07-01 10:00:00", "2025-07-01 10:00:00"),
        ("'1'", "1"),
        ('"true"', "true"),
        ("nan", "nan"),
        ("1__0", "1__0"),
        ("_1", "_1"),
        ("0x10", "0x10"),
        ("=", "="),
        ("60y3m", "60y3m"),
    ],
)
def test_scalars_follow_yaml_1_2(tmp_path: Path, written: str, value: Any) -> None:
    found = read(tmp_path, f"a: {written}\n").data["a"]
    assert found == value
    assert type(found) is type(value)


def test_keys_are_text_or_numbers(tmp_path: Path) -> None:
    data = read(tmp_path, "2025: a\n2025-07-01: b\n1.5: c\ntrue: d\nno: e\n").data
    assert data == {2025: "a", "2025-07-01": "b", 1.5: "c", "true": "d", "no": "e"}


def test_places_of_values_and_keys(tmp_path: Path) -> None:
    document = read(tmp_path, "a:\n  b:  5\n  list:\n    - x\n    - {y: é, z: 1}\n2025: 3\n")
    file = str(tmp_path / "s.yaml")
    assert document.where(("a", "b")) == (file, 2, 7)
    assert document.where_key(("a", "b")) == (file, 2, 3)
    assert document.where(("a", "list", 1, "z")) == (file, 5, 17)
    assert document.where(("2025",)) == document.where((2025,)) == (file, 6, 7)
    assert document.where(()) == (file, 1, 1)


def test_a_missing_path_stands_at_its_nearest_ancestor(tmp_path: Path) -> None:
    document = read(tmp_path, "a:\n  b:  5\n")
    assert document.where(("a", "c", "d"))[1:] == (1, 1)
    assert document.where(("a", "b", "d"))[1:] == (2, 3)
    assert document.where(("z",))[1:] == (1, 1)
    assert not document.has(("a", "c"))
    assert document.node(("a", "b", 0)) is None


def test_aliases_are_expanded_and_point_to_the_anchor(tmp_path: Path) -> None:
    document = read(tmp_path, "a: &x {p: 1}\nb: *x\nc: [*x, *x]\n")
    assert document.data == {"a": {"p": 1}, "b": {"p": 1}, "c": [{"p": 1}, {"p": 1}]}
    assert document.where(("b", "p"))[1:] == (1, 11)


def test_files_carry_the_hash_of_their_bytes(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_bytes(b"a: 1\n")
    document = read(tmp_path, "extends: base.yaml\nb: 2\n")
    assert [Path(file.name).name for file in document.files] == ["s.yaml", "base.yaml"]
    assert document.files[1].sha256 == hashlib.sha256(b"a: 1\n").hexdigest()


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: 1\nb: 2\na: 3\n", "s.yaml:3:1: a: the key stands twice in the same block, also at line 1; keep one of the two"),
        ("1: x\n'1': y\n", "s.yaml:2:1: 1: the key stands twice in the same block, also at line 1; keep one of the two"),
        ("a: .nan\n", "s.yaml:1:4: a: .nan is not a finite number; write a number"),
        ("a: -.Inf\n", "s.yaml:1:4: a: -.Inf is not a finite number; write a number"),
        ("a: 1e999\n", "s.yaml:1:4: a: the number is too large"),
        ("a: 99999999999999999999\n", "s.yaml:1:4: a: the number is too large"),
        (f"a: {'9' * 5000}\n", "s.yaml:1:4: a: the number has too many digits"),
        ("a: !!python/object:os.system x\n", "s.yaml:1:4: a: tags such as"),
        ("a: !!str 5\n", "s.yaml:1:4: a: tags such as"),
        ("a: ! 5\n", "s.yaml:1:4: a: tags such as"),
        ("a: !mine {x: 1}\n", "s.yaml:1:4: a: tags such as"),
        ("!x a: 1\n", "s.yaml:1:1: (whole file): tags such as"),
        ("a: &x [*x]\n", "s.yaml:1:8: a[0]: the alias *x contains itself; write the value out"),
        ("a: &x {b: {c: *x}}\n", "s.yaml:1:15: a.b.c: the alias *x contains itself"),
        ("a: *x\n", "s.yaml:1:4: a: the alias *x has no anchor before it"),
        ("x: &x {a: 1}\ny:\n  <<: *x\n", "s.yaml:3:3: y: merge keys (<<) are not supported; use `extends:`"),
        ("? [1, 2]\n: 3\n", "s.yaml:1:3: (whole file): a key must be a word or a number"),
        ("*x : 3\n", "s.yaml:1:1: (whole file): a key must be a word or a number"),
        ("{? , b: 1}\n", "(whole file): a key is missing here"),
        ("", "s.yaml:1:1: (whole file): the file is empty; write the scenario in it"),
        ("# only this\n", "s.yaml:1:1: (whole file): the file is empty"),
        ("---\n", "s.yaml:2:1: (whole file): the file is empty"),
        ("- a\n- b\n", "s.yaml:1:1: (whole file): the file does not hold keys and values"),
        ("just text\n", "s.yaml:1:1: (whole file): the file does not hold keys and values"),
        ("a: 1\n---\nb: 2\n", "s.yaml:2:1: (whole file): a second document starts here"),
        ("a:\n\tb: 1\n", "s.yaml:2:1: (whole file): a tab stands where YAML wants spaces; replace tabs with spaces"),
        ("a: [1, 2\nb: 3\n", "(whole file): a list in [ ] is not closed or lacks a comma"),
        ("a: {b: 1\nc: 3\n", "(whole file): a "),
        ("a: 'x\n", "(whole file): a quotation mark is not closed"),
        ("a: b: c\n", "s.yaml:1:5: (whole file): a second colon stands here"),
        ("a: 1\n  b: 2\n", "s.yaml:2:4: (whole file): a second colon stands here"),
        ("a:\n  b: 1\n c: 2\n", "s.yaml:3:2: (whole file): the lines of this block do not line up"),
        ("a: 1\nb\nc: 2\n", "(whole file): a colon is missing after a key"),
        ("a: @x\n", "s.yaml:1:4: (whole file): this character cannot start a value"),
        ('a: "C:\\data"\n', "(whole file): an unknown \\ sequence in double quotes; use single quotes"),
        ('a: "\\ud800"\n', "\\ sequence"),
        ('a: "x\\0"\n', "s.yaml:1:4: a: a \\ sequence makes a character that cannot be printed (U+0000)"),
        ("a: x\x07y\n", "s.yaml:1:5: (whole file): a character that cannot be printed (U+0007)"),
        (b"a: 1\nb: caf\xe9\n", "s.yaml:2:7: (whole file): the byte 0xe9 is not UTF-8 text; save the file as UTF-8"),
        ("a: 1\n".encode("utf-16"), "s.yaml:1:1: (whole file): the file is in UTF-16 or UTF-32"),
        ("a: 1\n".encode("utf-16-le"), "s.yaml:1:1: (whole file): the file is in UTF-16 or UTF-32"),
        ("a: 1\n".encode("utf-32"), "s.yaml:1:1: (whole file): the file is in UTF-16 or UTF-32"),
        (b"PK\x03\x04rest", "s.yaml:1:1: (whole file): this looks like an Excel, Word or zip file"),
    ],
)  # fmt: skip
def test_what_is_refused(tmp_path: Path, text: str | bytes, line: str) -> None:
    found = refused(tmp_path, text)
    assert len(found) == 1
    assert line in found[0]
    assert "\n" not in found[0]


def test_several_mistakes_are_told_together(tmp_path: Path) -> None:
    found = refused(tmp_path, "a: 1\na: 2\nb: .nan\nc: !!x 1\n")
    assert [line.split(":")[1] for line in found] == ["2", "3", "4"]


def test_a_byte_order_mark_of_utf_8_is_dropped(tmp_path: Path) -> None:
    document = read(tmp_path, b"\xef\xbb\xbfa: 1\r\nb: 2\r\n")
    assert document.data == {"a": 1, "b": 2}
    assert document.where(("b",))[1:] == (2, 4)


def test_letters_of_the_region_are_text(tmp_path: Path) -> None:
    text = "a: Bảo hiểm xã hội\nb: ประกันสังคม\nc: ប្រាក់\nd: ປະກັນ\n"
    assert read(tmp_path, text).data["a"] == "Bảo hiểm xã hội"


def test_exploding_aliases_are_refused_at_once(tmp_path: Path) -> None:
    rows = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    rows += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 40)]
    started = time.monotonic()
    assert "aliases included" in refused(tmp_path, "\n".join(rows))[-1]
    assert time.monotonic() - started < 20


@pytest.mark.parametrize("text", ["[" * 100_000, "a: " + "{a: " * 5000, "- " * 5000])
def test_deep_nesting_is_refused(tmp_path: Path, text: str) -> None:
    assert "levels deep" in refused(tmp_path, text)[0]


def test_depth_counts_through_aliases(tmp_path: Path) -> None:
    deep = "[" * 35 + "]" * 35
    assert "levels deep" in refused(tmp_path, f"a: &x {deep}\nb: {'[' * 35}*x{']' * 35}\n")[0]


def test_a_large_file_is_refused(tmp_path: Path) -> None:
    assert "larger than 5 MB" in refused(tmp_path, b"# " + b"x" * 5_000_000)[0]


def test_a_missing_file_and_a_folder_are_told(tmp_path: Path) -> None:
    for path, words in [
        (tmp_path / "none.yaml", "no such file"),
        (tmp_path, "a folder"),
        (Path("a\0b"), "cannot be the"),
    ]:
        with pytest.raises(InputError, match=words):
            load(path)


# --- extends --------------------------------------------------------------------------------------


def write(folder: Path, **files: str) -> None:
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")


def test_mappings_merge_lists_replace_null_deletes(tmp_path: Path) -> None:
    write(tmp_path, base="a: {x: 1, y: [1, 2], z: 3}\nb: 1\nc: {d: 1}\n")
    document = read(tmp_path, "extends: base.yaml\na: {x: 9, y: [5], z: null}\nb: {e: 1}\nc: null\nd: null\n")
    assert document.data == {"a": {"x": 9, "y": [5]}, "b": {"e": 1}, "d": None}


def test_every_value_keeps_its_file(tmp_path: Path) -> None:
    write(tmp_path, base="a:\n  x: 1\n  y: 2\n")
    document = read(tmp_path, "extends: base.yaml\na:\n  y: 3\n")
    assert document.where(("a", "x")) == (str(tmp_path / "base.yaml"), 2, 6)
    assert document.where(("a", "y")) == (str(tmp_path / "s.yaml"), 3, 6)
    assert document.where(("a", "gone"))[0] == str(tmp_path / "s.yaml")


def test_another_kind_or_form_replaces_the_whole(tmp_path: Path) -> None:
    write(
        tmp_path,
        base="a: {kind: p, x: 1}\nb: {by: age, points: {20: 1}}\nc: {value: 1, source: L}\nd: {kind: p, x: 1}\n",
    )
    child = "extends: base.yaml\na: {kind: q, y: 2}\nb: {value: 3}\nc: {value: 2}\nd: {kind: p, y: 2}\n"
    assert read(tmp_path, child).data == {
        "a": {"kind": "q", "y": 2},
        "b": {"value": 3},
        "c": {"value": 2, "source": "L"},
        "d": {"kind": "p", "x": 1, "y": 2},
    }


def test_a_list_of_parents_later_ones_win(tmp_path: Path) -> None:
    write(tmp_path, base="a: 1\nb: 1\nc: 1\n", reform="b: 2\nc: 2\n")
    assert read(tmp_path, "extends: [base.yaml, reform.yaml]\nc: 3\n").data == {"a": 1, "b": 2, "c": 3}


def test_parents_in_other_folders_are_named_as_seen_from_here(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    write(tmp_path, base="tables: own\n")
    write(tmp_path / "sub", mid="extends: ../base.yaml\nother: more\n")
    document = read(tmp_path, "extends: sub\\mid.yaml\nthird: last\n")
    assert document.resolve(("tables",), "own").resolve() == tmp_path / "own"
    assert document.resolve(("other",), "more") == tmp_path / "sub" / "more"
    assert document.resolve(("third",), "a\\b") == tmp_path / "a" / "b"
    assert document.where(("tables",)).file == str(tmp_path / "base.yaml")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("extends: s.yaml\n", "s.yaml:1:10: extends: this file extends itself"),
        ("extends: none.yaml\n", "s.yaml:1:10: extends: there is no file 'none.yaml'"),
        ("extends: [base.yaml,\n  none.yaml]\n", "s.yaml:2:3: extends: there is no file 'none.yaml'"),
        ("extends: 5\n", "s.yaml:1:10: extends: expected the name of a YAML file"),
        ("extends: {a: b}\n", "s.yaml:1:10: extends: expected the name of a YAML file"),
        ("extends:\n", "s.yaml:1:9: extends: expected the name of a YAML file"),
        (f"extends: {'n' * 5000}\n", "s.yaml:1:10: extends: the name"),
        ("extends: round.yaml\n", "round.yaml:1:10: extends: this file extends itself"),
        ("extends: broken.yaml\n", "broken.yaml:1:4: (whole file): this character cannot start a value"),
        ("extends: .\n", "this is a folder"),
    ],
)
def test_what_extends_refuses(tmp_path: Path, text: str, words: str) -> None:
    write(tmp_path, base="a: 1\n", round="extends: s.yaml\n", broken="a: @\n")
    assert words in refused(tmp_path, text)[0]


def test_a_long_chain_is_refused_and_a_wide_family_is_read_once(tmp_path: Path) -> None:
    for n in range(40):
        write(tmp_path, **{f"c{n}": f"extends: c{n + 1}.yaml\n"})
    assert "extend one another" in refused(tmp_path, "extends: c0.yaml\n")[0]
    write(tmp_path, w0="a: 1\n")
    for n in range(1, 10):
        write(tmp_path, **{f"w{n}": f"extends: [{', '.join([f'w{n - 1}.yaml'] * 10)}]\n"})
    assert len(read(tmp_path, "extends: w9.yaml\n").files) == 11


# --- anything at all ------------------------------------------------------------------------------

PIECES = st.sampled_from([
    "a", "b:", ": ", "- ", "\n", "\n  ", "[", "]", "{", "}", ",", "&x ", "*x", "!!t ", "<<: ", "'", '"', "|\n", "? ", "1e9",
    "#", "%", "@", "\t", "---\n", "...\n", "null", ".nan", "\\", "extends: ", "s.yaml", "\ufeff", "\x00", "\x85", "\u2028",
])  # fmt: skip


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.one_of(st.text(max_size=80), st.binary(max_size=80), st.lists(PIECES, max_size=40).map("".join)))
def test_any_text_loads_or_is_refused(tmp_path: Path, text: str | bytes) -> None:
    raw = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    try:
        document = read(tmp_path, raw)
    except InputError as error:
        assert error.problems
        assert all(
            problem.line >= 1 and problem.column >= 1 and problem.message for problem in error.problems
        )
    else:
        assert isinstance(document.data, dict)


WORDS = st.text(st.characters(exclude_categories=("Cc", "Cs", "Cn", "Cf", "Zl", "Zp")), min_size=1)
NUMBERS = st.integers(-(2**60), 2**60) | st.floats(allow_nan=False, allow_infinity=False)
TREES = st.recursive(
    st.none() | st.booleans() | NUMBERS | WORDS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=20,
)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(WORDS, TREES, min_size=1, max_size=5))
def test_json_is_read_as_it_is(tmp_path: Path, tree: dict[str, Any]) -> None:
    """JSON with quoted text is YAML 1.2: what was written comes back."""
    import json

    if "extends" not in tree:
        assert read(tmp_path, json.dumps(tree, ensure_ascii=False)).data == tree
