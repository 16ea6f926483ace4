"""Stages of earlier runs, kept under all that they were computed from, so that a variant computes only what its changes reach.

Comes in: the parts of a scenario that a stage reads. Goes out: what was computed from the same parts before, or now. Called by `run`.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Iterable
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from pydantic import BaseModel

Found = TypeVar("Found")
NOT_COMPUTED_WITH = frozenset({"title", "law", "source", "status", "note", "description"})
"""Words beside the numbers, which no stage reads."""


class Memory:
    """The last `most` stages, the least used forgotten first. Safe between threads; two may compute the same stage at once."""

    def __init__(self, most: int = 24) -> None:
        self.most = most
        self._kept: OrderedDict[str, Any] = OrderedDict()
        self._lock = Lock()

    def recall(self, named: Callable[[], str], make: Callable[[], Found]) -> Found:
        """What stands under a name, computed if it is not there."""
        key = named()
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                known: Found = self._kept[key]
                return known
        made = make()
        with self._lock:
            self._kept[key] = made
            while len(self._kept) > self.most:
                self._kept.popitem(last=False)
        return made


class Forgetful(Memory):
    """Keeps nothing: for one run alone, whose stages need no names."""

    def recall(self, named: Callable[[], str], make: Callable[[], Found]) -> Found:
        """Computed at once."""
        return make()


def fingerprint(stage: str, *parts: BaseModel | str | None, without: Iterable[str] = ()) -> str:
    """Name of a stage: a digest of the parts of the scenario that it reads, but for fields it does not."""
    left_out = set(NOT_COMPUTED_WITH) | set(without)
    texts = [
        part or "" if isinstance(part, str | None) else part.model_dump_json(exclude=left_out)
        for part in parts
    ]
    return f"{stage}:{hashlib.sha256(chr(0).join(texts).encode()).hexdigest()}"
