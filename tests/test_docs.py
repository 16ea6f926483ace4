"""The documentation is true: snippets pass the check, every field and indicator is described, links and commands exist."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from inspect import getclosurevars
from math import inf
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml
from pydantic import AfterValidator, BaseModel

from spsim import places
from spsim.checking import check
from spsim.cli import app
from spsim.data.bundle import bundled_folder
from spsim.dated import Constant, OfReference, Sourced
from spsim.economy import Money
from spsim.json_schema import schema_text
from spsim.members import AgeGroup, Published
from spsim.scenario import Scenario

ROOT = Path(__file__).parents[1]
PAGES = sorted(
    [
        ROOT / "README.md",
        ROOT / "CONTRIBUTING.md",
        ROOT / "CHANGELOG.md",
        *(ROOT / "docs").rglob("*.md"),
    ]
)
NAMES = [page.relative_to(ROOT).as_posix() for page in PAGES]
every_page = pytest.mark.parametrize("page", PAGES, ids=NAMES)
SCENARIOS = sorted((ROOT / "scenarios").rglob("*.yaml"))
CHANGE = "# change of "


# YAML blocks


def blocks(page: Path, language: str) -> list[str]:
    """The fenced blocks of one language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", page.read_text(encoding="utf-8"), re.M | re.S)


SNIPPETS = [
    pytest.param(text, id=f"{name}-{number}")
    for page, name in zip(PAGES, NAMES, strict=True)
    for number, text in enumerate(blocks(page, "yaml"))
]


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone as a reader has it: the scenarios, and a folder of own tables."""
    folder = tmp_path_factory.mktemp("clone")
    shutil.copytree(ROOT / "scenarios", folder / "scenarios")
    shutil.copytree(bundled_folder("VNM"), folder / "my_tables")
    return folder


@pytest.mark.parametrize("text", SNIPPETS)
def test_yaml_passes_the_check(text: str, workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`# file: NAME` is a whole scenario; `# change of FILE` is what a child of FILE would say."""
    first = text.partition("\n")[0]
    monkeypatch.chdir(workspace)
    if first.startswith(CHANGE):
        parent = first.removeprefix(CHANGE).strip()
        text = f"extends: {parent}\n{text}"
        file = Path("change.yaml")
    else:
        assert first.startswith("# file: "), f"say what this block is, `# file: NAME` or `{CHANGE}FILE`"
        file = Path(first.removeprefix("# file: ").strip())
    file.write_text(text, encoding="utf-8")
    assert [str(problem) for problem in check(file).errors] == []


@pytest.mark.parametrize("file", SCENARIOS, ids=[file.name for file in SCENARIOS])
def test_scenarios_pass_the_check(file: Path) -> None:
    assert [str(problem) for problem in check(file).errors] == []


def test_every_scenario_has_its_own_id() -> None:
    ids = [yaml.safe_load(file.read_text(encoding="utf-8"))["meta"]["id"] for file in SCENARIOS]
    assert len(set(ids)) == len(ids)


# The language


def described_fields() -> dict[str, list[str]]:
    """Fields that docs/language.md lists for each block, in the order written."""
    text = (ROOT / "docs" / "language.md").read_text(encoding="utf-8")
    found = {}
    for name, table in re.findall(r"<!-- block: (\w+) -->\n((?:\|.*\n)+)", text):
        rows = table.splitlines()[2:]
        found[name] = [field for row in rows for field in re.findall(r"`(\w+)`", row.split("|")[1])]
    return found


def models(annotation: Any, found: set[type[BaseModel]]) -> set[type[BaseModel]]:
    """Every block that a scenario can hold."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        if annotation not in found:
            found.add(annotation)
            for field in annotation.model_fields.values():
                models(field.annotation, found)
    else:
        for part in get_args(getattr(annotation, "__value__", annotation)):
            models(part, found)
    return found


# Told in the text, with an example, not in a table of their own
IN_WORDS = {Constant, OfReference, Money, Published, AgeGroup}


def fields(model: type[BaseModel]) -> list[str]:
    own = model is Sourced or not issubclass(model, Sourced)
    return [
        field.alias or name
        for name, field in model.model_fields.items()
        if own or name not in Sourced.model_fields
    ]


def blocks_of_the_language() -> Iterator[type[BaseModel]]:
    yield Sourced
    for model in models(Scenario, set()):
        if model not in IN_WORDS and model.__name__ != "BySex":
            yield model


def test_every_field_of_the_language_is_described() -> None:
    described = {name: sorted(listed) for name, listed in described_fields().items()}
    assert described == {model.__name__: sorted(fields(model)) for model in blocks_of_the_language()}


def test_every_place_is_described() -> None:
    """The table of places says what `spsim.places` allows."""
    text = (ROOT / "docs" / "language.md").read_text(encoding="utf-8")
    table = re.search(r"<!-- places -->\n((?:\|.*\n)+)", text)
    assert table is not None
    described = [[cell.strip() for cell in row.split("|")[1:-1]] for row in table[1].splitlines()[2:]]
    assert described == [[name, *place_in_words(rule)] for name, rule in places_of_values()]


def places_of_values() -> Iterator[tuple[str, dict[str, Any]]]:
    """Names of `spsim.places` and what they were made from."""
    for name, value in vars(places).items():
        for part in getattr(value, "__metadata__", ()):
            if isinstance(part, AfterValidator) and part.func.__qualname__.startswith("place."):
                yield name, dict(getclosurevars(part.func).nonlocals)


def place_in_words(rule: dict[str, Any]) -> list[str]:
    keys = ", ".join(f"`{key}`" for key in rule["keys"])
    bounds = f"{rule['low']:g} or more" if rule["high"] == inf else f"{rule['low']:g} to {rule['high']:g}"
    return [keys, *("yes" if rule[name] else "no" for name in ("sexes", "money")), bounds]


def test_the_schema_is_up_to_date() -> None:
    """`spsim schema --out docs/scenario.schema.json` writes it again."""
    assert (ROOT / "docs" / "scenario.schema.json").read_text(encoding="utf-8") == schema_text()


# Indicators


def described_indicators() -> dict[tuple[str, str], str]:
    """(kind of scheme, pattern of the name) -> unit, as docs/indicators.md lists them."""
    text = (ROOT / "docs" / "indicators.md").read_text(encoding="utf-8")
    found = {}
    for kinds, table in re.findall(r"<!-- indicators: ([\w, ]+) -->\n((?:\|.*\n)+)", text):
        for row in table.splitlines()[2:]:
            name, unit = (cell.strip().strip("`") for cell in row.split("|")[1:3])
            found |= {(kind, name): unit for kind in kinds.split(", ")}
    return found


@pytest.fixture(scope="module")
def indicators() -> set[tuple[str, str, str]]:
    """(kind of scheme, name, unit) of everything that runs of the two scenarios, of a social pension and of employment services yield."""
    from spsim.run import run

    found = set()
    for file in (
        "scenarios/viet_nam.yaml",
        "scenarios/iyer_model_scheme.yaml",
        "tests/cases/social_pension.yaml",
        "tests/cases/services.yaml",
        "tests/cases/notional.yaml",
    ):
        checked = check(ROOT / file)
        assert checked.scenario is not None and checked.document is not None
        result = run(checked.scenario, checked.document)
        kinds = {scheme: block.kind for scheme, block in checked.scenario.schemes.items()}
        currency = checked.scenario.meta.currency or "currency"
        table = result.tables["indicators"]
        for scheme, indicator, unit in zip(table["scheme"], table["indicator"], table["unit"], strict=True):
            found.add((kinds.get(scheme, "fund"), indicator, "currency" if unit == currency else unit))
    return found


def matches(name: str, pattern: str) -> bool:
    """`<benefit>` in a documented name stands for the name of a pension."""
    return re.fullmatch(re.sub(r"<\w+>", "[a-z0-9_]+", pattern), name) is not None


@pytest.mark.slow
def test_every_indicator_is_described(indicators: set[tuple[str, str, str]]) -> None:
    described = described_indicators()
    missing = {
        one
        for one in indicators
        if not any(
            one[0] == kind and matches(one[1], name) and one[2] == unit
            for (kind, name), unit in described.items()
        )
    }
    assert not missing


@pytest.mark.slow
def test_no_indicator_is_described_that_does_not_exist(indicators: set[tuple[str, str, str]]) -> None:
    unknown = {
        (kind, name)
        for kind, name in described_indicators()
        if not any(one[0] == kind and matches(one[1], name) for one in indicators)
    }
    assert not unknown


# Words


@every_page
def test_links_lead_somewhere(page: Path) -> None:
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = page if not path else page.parent / path
        assert file.exists(), target
        if anchor:
            assert anchor in anchors(file), target


def anchors(page: Path) -> set[str]:
    """Anchors of the headings, as code hosts form them."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@every_page
def test_commands_and_options_exist(page: Path) -> None:
    """Every `spsim COMMAND --option` that a page prints."""
    for command, rest in re.findall(
        r"\bspsim (check|run|list|schema|[a-z]+(?= [\w./]+\.yaml))([^`\n]*)",
        page.read_text(encoding="utf-8"),
    ):
        assert command in app.commands, f"spsim {command}"
        known = {option for parameter in app.commands[command].params for option in parameter.opts} | {
            "--help"
        }
        for option in re.findall(r"(?<!\S)--[a-z-]+", rest):
            assert option in known, f"spsim {command} {option}"


@every_page
def test_files_named_by_commands_exist(page: Path) -> None:
    """Scenarios named in commands are there, but for those the page has the reader write."""
    text = page.read_text(encoding="utf-8")
    written = set(re.findall(r"^# file: (\S+)", text, re.M)) | {"my_reform.yaml"}
    for file in re.findall(r"\bspsim (?:check|run) (\S+\.yaml)", text):
        assert file in written or "*" in file or (ROOT / file).exists(), file


@every_page
def test_every_page_is_in_the_index(page: Path) -> None:
    if page.parent.name == "docs" and page.name != "index.md":
        assert f"({page.name})" in (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    if page.parent.name == "decisions":
        assert f"(decisions/{page.name})" in (ROOT / "docs" / "index.md").read_text(encoding="utf-8")


def test_the_citation_has_the_version_of_the_package() -> None:
    from spsim import __version__

    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["version"] == __version__
    assert f"## {__version__}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
