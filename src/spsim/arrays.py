"""NumPy on first use.

The scenario models carry formulas written in NumPy, yet `spsim check` must answer without loading it. Modules that hold both
take `np` from here; the real module is imported at the first formula.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[Any]
else:
    Array = Any

    class _Lazy:
        def __init__(self, name: str) -> None:
            self._name = name

        def __getattr__(self, attribute: str) -> Any:
            found = getattr(importlib.import_module(self._name), attribute)
            setattr(self, attribute, found)  # the next time it is there
            return found

    np = _Lazy("numpy")

__all__ = ["Array", "np"]
