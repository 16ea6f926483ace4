"""Records: frozen dataclasses that hold arrays.

Arrays have no single truth value, so two records are the same only if they are one object. Comparison and text are not written for
them, which is half of the time that a dataclass takes to be made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__all__ = ["record"]

if TYPE_CHECKING:
    from dataclasses import dataclass as record
else:
    from dataclasses import dataclass

    def record(**how: Any) -> Any:
        """A dataclass that is compared by identity."""
        return dataclass(eq=False, repr=False, **how)
