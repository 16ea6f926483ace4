"""From a document to a validated model, with one problem for each mistake at its place in the YAML."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

from spsim.errors import KeyPath, Problem, ScenarioProblem, problem_at

if TYPE_CHECKING:
    from pydantic import BaseModel

    from spsim.document import Document
    from spsim.model_shape import Shape, Tag, Trail

    Model = TypeVar("Model", bound=BaseModel)
else:
    Model = TypeVar("Model")

EXTENDS = "extends"
UNKNOWN_KEY = ("extra_forbidden", "invalid_key")  # the second is a number where only names can stand
MOST_ATTEMPTS = 20  # one for each level of lists within lists, and one more


@dataclass(frozen=True)
class Finding:
    """An error of pydantic and where it stands; `nouns` are what the members of a plain union expected."""

    error: dict[str, Any]
    trail: Trail
    nouns: tuple[str, ...] = ()

    @property
    def on_key(self) -> bool:
        """Whether the key is wrong, not its value."""
        return self.trail.on_key or self.error["type"] in UNKNOWN_KEY

    @property
    def guesses(self) -> list[Tag]:
        """Members of plain unions on the way: pydantic reports errors for each, though one was meant."""
        return [tag for tag in self.trail.tags if not tag.sure]


def validate(document: Document, model: type[Model]) -> tuple[Model | None, list[Problem]]:
    """The model of a document, or None and what is wrong with it, in the order of the files."""
    from spsim.model_shape import Shape

    shape = Shape(model)
    valid, errors = attempt(document.data, model, shape)
    if valid is not None:
        return valid, []
    findings = one_member([Finding(error, shape.follow(error["loc"])) for error in errors])
    told = (_new_block(_problem(finding, shape), document) for finding in findings)
    problems = [
        document.locate(problem, finding.on_key) for problem, finding in zip(told, findings, strict=True)
    ]
    return None, in_order(document, without_echoes(problems))


def attempt(data: Any, model: type[Model], shape: Shape) -> tuple[Model | None, list[Any]]:
    """Validate; YAML has no tuples, so a list becomes one where the model wants one."""
    from pydantic import ValidationError

    errors: list[Any] = []
    for _ in range(MOST_ATTEMPTS):
        try:
            return model.model_validate(data), []
        except ValidationError as failure:
            errors = list(failure.errors(include_url=False))
        lists = [
            error for error in errors if error["type"] == "tuple_type" and isinstance(error["input"], list)
        ]
        if not lists:
            break
        for error in lists:
            data = with_tuple(data, shape.follow(error["loc"]).path)
    return None, errors


def with_tuple(value: Any, path: KeyPath) -> Any:
    """The same plain data with the list at `path` turned into a tuple."""
    if not path:
        return tuple(value)
    if isinstance(value, dict):
        return {key: with_tuple(v, path[1:]) if str(key) == path[0] else v for key, v in value.items()}
    return type(value)(with_tuple(v, path[1:]) if index == path[0] else v for index, v in enumerate(value))


def in_order(document: Document, problems: Iterable[Problem]) -> list[Problem]:
    """Located problems sorted by file, line and column; a mistake that an alias repeats in other places is told once."""
    files = {file.name: position for position, file in enumerate(document.files)}
    once: dict[tuple[str, int, int, str], Problem] = {}
    for problem in map(document.locate, problems):
        once.setdefault((problem.file, problem.line, problem.column, problem.message), problem)
    return sorted(once.values(), key=lambda p: (files.get(p.file, len(files)), p.file, p.line, p.column))


def one_member(findings: list[Finding], settled: int = 0) -> list[Finding]:
    """Where a plain union failed, keep the member that the user most likely meant."""
    kept: list[Finding] = []
    groups: dict[KeyPath, dict[str, list[Finding]]] = {}
    for finding in findings:
        if len(finding.guesses) <= settled:
            kept.append(finding)
        else:
            tag = finding.guesses[settled]
            members = groups.setdefault(finding.trail.path[: tag.depth], {})
            members.setdefault(tag.name, []).append(finding)
    for path, members in groups.items():
        kept += one_member(_likeliest(list(members.values()), len(path)), settled + 1)
    return kept


def _likeliest(members: list[list[Finding]], depth: int) -> list[Finding]:
    """The member with the fewest errors among those of the right shape, or one finding for all."""
    nouns = [[_mismatch(finding, depth) for finding in member] for member in members]
    shaped = [member for member, wanted in zip(members, nouns, strict=True) if not any(wanted)]
    if shaped or len(members) == 1:
        return min(shaped or members, key=len)
    first = next(f for member in members for f in member if _mismatch(f, depth))
    wanted = [noun for member in nouns for noun in member if noun]
    return [Finding(first.error, first.trail, tuple(dict.fromkeys(wanted)))]


def _mismatch(finding: Finding, depth: int) -> str | None:
    """What a member expected, if what stands there does not even have its shape."""
    from spsim.messages import expected

    at_union = len(finding.trail.path) == depth and not finding.trail.on_key
    return expected(finding.error) if at_union else None


def _problem(finding: Finding, shape: Shape) -> Problem:
    """One problem, with its path but without its place."""
    from spsim import messages

    error, trail = finding.error, finding.trail
    kind, path = error["type"], trail.path
    cause = error.get("ctx", {}).get("error")
    if isinstance(cause, ScenarioProblem):
        return cause.problem(above=path)
    if kind in UNKNOWN_KEY:
        return _unknown_key(error, path, shape)
    if kind == "missing":
        return _missing(path)
    if kind.startswith("union_tag"):
        return _unknown_kind(error, trail)
    if finding.nouns:
        return problem_at(path, *messages.mismatch(list(finding.nouns), error["input"]))
    return problem_at(path, *messages.words(error, trail.schemas[0] if trail.schemas else {}))


def _missing(path: KeyPath) -> Problem:
    """A key that must stand in a block, or a value that must stand in a list."""
    *above, name = path
    if isinstance(name, int):
        return problem_at(tuple(above), f"value number {name + 1} of this list is missing", "add it")
    return problem_at(tuple(above), f"the key {name!r} is missing", f"add `{name}: ...` to this block")


def _unknown_key(error: dict[str, Any], path: KeyPath, shape: Shape) -> Problem:
    from spsim import messages

    valid = shape.follow(error["loc"][:-1]).valid_keys() + [EXTENDS] * (len(path) == 1)
    return problem_at(path, *messages.unknown_key(str(path[-1]), valid))


def _unknown_kind(error: dict[str, Any], trail: Trail) -> Problem:
    """A union whose tag is missing, or is none of its members."""
    from spsim import messages

    context = error["ctx"]
    key = context["discriminator"].strip("'")
    choices = [str(name) for schema in trail.schemas for name in schema.get("choices", {})]
    if key.endswith("()"):
        forms = ", ".join(choices)
        return problem_at(
            trail.path, f"{messages.found(error['input'])} is not understood here", f"write one of: {forms}"
        )
    if error["type"] == "union_tag_invalid":
        valid = messages.names_in(context["expected_tags"])
        return problem_at((*trail.path, key), *messages.unknown_kind(key, context["tag"], valid))
    return problem_at(
        trail.path, f"the key {key!r} is missing", f"add `{key}:` with one of: {', '.join(choices)}"
    )


def _new_block(problem: Problem, document: Document) -> Problem:
    """A scheme without a kind, in a file that extends another, is more likely a wrong name of one that is there."""
    if len(document.files) < 2 or len(problem.path) != 2 or problem.message != "the key 'kind' is missing":
        return problem
    section, name = problem.path
    others = [other for other in document.data[str(section)] if other != name]
    text = (
        f"no such block in the files it extends, which have {', '.join(others)}; and a new one needs a kind"
    )
    return replace(problem, message=text, remedy=f"mend the name, or {problem.remedy}") if others else problem


def without_echoes(problems: list[Problem]) -> list[Problem]:
    """Drop `missing` where a misspelt key of the same block is already told to be that key."""
    meant = {
        (problem.path[:-1], problem.remedy)
        for problem in problems
        if problem.message.startswith("unknown key")
    }
    return [p for p in problems if not any((p.path, _spelling(p)) == place for place in meant)]


def _spelling(problem: Problem) -> str:
    name = problem.message.removeprefix("the key ").removesuffix(" is missing")
    return f"did you mean {name}?"
