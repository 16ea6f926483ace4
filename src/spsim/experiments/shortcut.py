"""Ten thousand variants of one scenario: only what differs is validated and computed.

Comes in: a case, inputs and amounts. Goes out: arrays of a run, the same to the last bit as the long way's. Called by `sweep`. A changed
value is validated at its own place (its form, its keys, its bounds); what shows only when several values are read together is not looked at
here, so whoever keeps a design lets the whole check look at it (`levers.moved`).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from functools import cache
from threading import RLock
from typing import Any, TypeVar, get_type_hints

import numpy as np
from pydantic import BaseModel, ConfigDict, TypeAdapter

from spsim.arrays import Array
from spsim.dated import Strict
from spsim.drawn import Drawn
from spsim.errors import KeyPath
from spsim.experiments.changes import Change, changed, find
from spsim.experiments.levers import Input
from spsim.experiments.variants import Case
from spsim.memory import Memory, fingerprint
from spsim.outcome import Outcome
from spsim.reuse import References, Reuse
from spsim.run import NOT_IN_STOCKS, computed
from spsim.scenario import Scenario

Found = TypeVar("Found")
PAID_ALONE = NOT_IN_STOCKS | {"indexation", "pension_floor", "payments_per_year"}
"""What a pension scheme does with pensions in payment: the flows of members do not know it."""
MOST_FIELDS = 20_000
FLOWS_KEPT = 4  # past and future of two schemes


class Shortcut:
    """Runs of variants of one case in one process."""

    def __init__(self, case: Case, remembered: int) -> None:
        self.case = case
        self.memory = Memory(remembered)
        self.common = Common(case.scenario)
        self._known: dict[tuple[str, float], list[tuple[KeyPath, Any]]] = {}

    def outcome(self, inputs: Sequence[Input], amounts: Sequence[float]) -> Outcome:
        """The arrays of one variant; NaN leaves an input where it is. Raises what the engine raises for values that do not go together."""
        scenario = self.scenario(inputs, amounts)
        drawn = Drawn(reuse=self.common.of(scenario))
        return computed(scenario, self.case.document, memory=self.memory, drawn=drawn)

    def scenario(self, inputs: Sequence[Input], amounts: Sequence[float]) -> Scenario:
        """The scenario with these amounts; fields that one input alone changes are validated once for each amount."""
        moved = [(one, amount) for one, amount in zip(inputs, amounts, strict=True) if not np.isnan(amount)]
        fields = [self._fields(one, amount) for one, amount in moved]
        paths = [path for several in fields for path, _ in several]
        if len(set(paths)) < len(paths):  # two inputs in one field: read it with both
            case, changes = self.case, []
            for one, amount in moved:
                case = one.prepared(case)
                changes += one.changes(case, amount)
            return changed_scenario(case, changes)
        scenario: Any = self.case.scenario
        for several in fields:
            for path, value in several:
                scenario = put(scenario, path, value)
        found: Scenario = scenario
        return found

    def _fields(self, one: Input, amount: float) -> list[tuple[KeyPath, Any]]:
        """The fields that one input changes, each with its validated value."""
        key = (one.name, amount)
        if key not in self._known:
            if len(self._known) > MOST_FIELDS:
                self._known.clear()
            case = one.prepared(self.case)
            self._known[key] = changed_fields(case, one.changes(case, amount))
        return self._known[key]


def changed_fields(case: Case, changes: list[Change]) -> list[tuple[KeyPath, Any]]:
    """(path, validated value) of each field in which a value changes. Raises ValueError for a value out of place."""
    document = changed(case.document, changes)
    found: dict[KeyPath, Any] = {}
    for path in (find(document, change.path) for change in changes):
        owner, field, depth = field_of(case.scenario, path)
        node = document.node(path[:depth])
        assert node is not None
        found[path[:depth]] = _adapter(owner, field).validate_python(node.plain())
    return list(found.items())


def field_of(scenario: Scenario, path: KeyPath) -> tuple[Any, str, int]:
    """The block that owns a value, the field, and how many keys lead to it: the outermost field that holds no block of other fields."""
    block: Any = scenario
    for depth, part in enumerate(path):
        if isinstance(block, dict):
            block = block[str(part)]
            continue
        name = _field_name(block, str(part))
        held = getattr(block, name)
        inside = isinstance(held, dict) or (isinstance(held, Strict) and not _is_value(held))
        if depth + 1 == len(path) or not inside:
            return type(block), name, depth + 1
        block = held
    raise ValueError(f"{path} is a whole block, not a value")


def put(block: Any, path: KeyPath, value: Any, depth: int = 0) -> Any:
    """A block with one field replaced; what is not on the way stays the same objects."""
    part = str(path[depth])
    if isinstance(block, dict):
        return {**block, part: put(block[part], path, value, depth + 1)}
    name = _field_name(block, part)
    new = value if depth + 1 == len(path) else put(getattr(block, name), path, value, depth + 1)
    return block.model_copy(update={name: new})


def _field_name(block: BaseModel, part: str) -> str:
    return _names(type(block))[part]


@cache
def _names(owner: Any) -> dict[str, str]:
    """Fields of a block by the key that stands in the file."""
    return {f.alias or name: name for name, f in owner.model_fields.items()}


def changed_scenario(case: Case, changes: list[Change]) -> Scenario:
    """The scenario with changed values; blocks without a change stay the same objects. Raises ValueError for a value out of place."""
    scenario: Any = case.scenario
    for path, value in changed_fields(case, changes):
        scenario = put(scenario, path, value)
    found: Scenario = scenario
    return found


def _is_value(block: BaseModel) -> bool:
    """Whether a block is a value of law: a place has the right to look at all of it."""
    return hasattr(block, "at")


@cache
def _adapter(owner: Any, name: str) -> TypeAdapter[Any]:
    """The validator of one field, with the bounds of its place."""
    annotation = get_type_hints(owner, include_extras=True)[name]
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return TypeAdapter(annotation)
    return TypeAdapter(annotation, config=ConfigDict(strict=True, allow_inf_nan=False))


class Common:
    """What the variants of one scenario share. Several threads may ask at once."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario  # held, so that no other object takes the place of its blocks
        self.laws = Reuse()
        self.flows: OrderedDict[Hashable, tuple[list[Array], Any]] = OrderedDict()
        self.lock = RLock()  # a part of law may ask for another part
        self.made = 0  # flows that had to be computed

    def of(self, variant: Scenario) -> DesignReuse:
        """What a variant may use: laws only where nothing but schemes has changed, since they look at other blocks too."""
        base = self.scenario
        alike = all(
            getattr(variant, name) is getattr(base, name)
            for name in Scenario.model_fields
            if name != "schemes"
        )
        kept = {id(one) for name, one in variant.schemes.items() if one is base.schemes.get(name)}
        return DesignReuse(self, kept if alike else set())


class DesignReuse(Reuse):
    """Parts of the schemes that a variant leaves as they are, and the flows of members while nothing that the kernel reads has changed."""

    def __init__(self, common: Common, schemes: set[int]) -> None:
        super().__init__()
        self._common = common
        self._schemes = schemes

    def law(
        self,
        name: Hashable,
        references: References,
        make: Callable[[References], Found],
        inputs: Sequence[Array] = (),
    ) -> Found:
        """Only of schemes that the variant leaves as they are."""
        if not self._may_keep(name):
            return make(references)
        with self._common.lock:
            return self._common.laws.law(name, references, make, inputs)

    def stage(self, name: Hashable, inputs: Sequence[Array], make: Callable[[], Found]) -> Found:
        """Only of schemes that the variant leaves as they are."""
        if not self._may_keep(name):
            return make()
        with self._common.lock:
            return self._common.laws.stage(name, inputs, make)

    def projection(
        self, law: Hashable, inputs: Callable[[], list[Array]], make: Callable[[], Found]
    ) -> Found:
        """By what the kernel reads of the law, and by all arrays that it reads beside."""
        assert isinstance(law, tuple)
        scheme, behaviour, grid = law
        key = (fingerprint("law", scheme, without=PAID_ALONE), fingerprint("behaviour", behaviour), grid)
        arrays, flows = inputs(), self._common.flows
        with self._common.lock:
            known = flows.get(key)
            if known is not None and _same(known[0], arrays):
                flows.move_to_end(key)
                found: Found = known[1]
                return found
        made = make()
        with self._common.lock:
            self._common.made += 1
            flows[key] = (arrays, made)
            while len(flows) > FLOWS_KEPT:
                flows.popitem(last=False)
        return made

    def _may_keep(self, name: Hashable) -> bool:
        return isinstance(name, tuple) and name[0] in self._schemes


def _same(one: list[Array], other: list[Array]) -> bool:
    return len(one) == len(other) and all(
        np.array_equal(a, b, equal_nan=True) for a, b in zip(one, other, strict=True)
    )
