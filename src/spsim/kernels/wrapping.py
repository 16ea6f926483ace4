"""What every kernel's wrapper needs: arrays as numba wants them, shapes checked, draws divided over threads. Nothing compiled."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


def over_draws(run: Callable[[int], None], draws: int, threads: int, chunks: int) -> None:
    """Call `run` for every draw, in consecutive parts; the kernels release the lock of the interpreter."""
    parts = max(1, min(draws, chunks or threads))
    edges = [draws * part // parts for part in range(parts + 1)]

    def run_part(part: int) -> None:
        for n in range(edges[part], edges[part + 1]):
            run(n)

    if threads <= 1:
        for part in range(parts):
            run_part(part)
        return
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(run_part, range(parts)))


def floats(a: ArrayLike) -> Floats:
    """Contiguous and writeable: numba would compile again for any other kind of array."""
    return np.require(np.asarray(a, np.float64), np.float64, ["C", "W"])


def integers(a: ArrayLike) -> Integers:
    return np.require(np.asarray(a, np.int64), np.int64, ["C", "W"])


def check_drawn(drawn: dict[str, tuple[Floats, tuple[int, ...]]]) -> int:
    """The number of draws, where every array has one draw or all of them."""
    draws = max(array.shape[0] for array, _ in drawn.values())
    for name, (array, tail) in drawn.items():
        if array.shape not in {(1, *tail), (draws, *tail)}:
            raise ValueError(f"{name} has shape {array.shape}; expected (1 or {draws}, {str(tail)[1:]}")
    return int(draws)


def check_shape(name: str, array: NDArray[Any], shape: tuple[int, ...]) -> None:
    if array.shape != shape:
        raise ValueError(f"{name} has shape {array.shape}; expected {shape}")


def check_code(name: str, array: Integers, size: int, low: int, end: int) -> None:
    check_shape(name, array, (size,))
    if size and not (low <= array.min() and array.max() < end):
        raise ValueError(f"{name} must lie in [{low}, {end}); it reaches from {array.min()} to {array.max()}")
