"""Many runs at once: parts of the work, the executors that do them, and a ledger of what is done.

Three pieces, for every command that runs a scenario many times:

    parts(10_000, 20)                      the work cut into ranges of numbers
    completed(work, todo, Workers(2))      (number, result) of each part as it is finished, in any order
    Ledger.open(folder, job)               finished parts as files: written whole or not at all, checksummed, resumed

`work` is a function of a module (it is sent by name to other processes) and takes one argument that can be pickled. A result must be a
function of that argument alone: then neither the number of workers, nor the size of the parts, nor a worker that dies changes a byte.
`completed` takes any `concurrent.futures.Executor` in place of `Workers`; one that was given is not closed.
"""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    CancelledError,
    Executor,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
    wait,
)
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from spsim.arrays import Array, np
from spsim.errors import InputError, Problem

Part = TypeVar("Part")
Found = TypeVar("Found")
IN_FLIGHT = 64  # parts handed over at once to an executor whose size is not known
RESTARTS = 3  # pools that may break one after another before anything is finished
CONNECT_SECONDS = 15


def parts(count: int, size: int) -> list[range]:
    """The numbers 0 .. count − 1 in ranges of `size`, the last one shorter."""
    return [range(first, min(first + size, count)) for first in range(0, count, size)]


class Inline(Executor):
    """Does the work at once, where it stands: one worker, no other process or thread."""

    def submit(self, fn: Callable[..., Any], /, *arguments: Any, **named: Any) -> Future[Any]:
        """The finished future."""
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*arguments, **named))
        except Exception as error:
            future.set_exception(error)
        return future


class ClusterError(OSError):
    """The scheduler of a cluster no longer answers."""


@dataclass(frozen=True)
class Workers:
    """Where the work is done: in this process (`count` 1), in processes or threads of this machine, or on a Dask cluster.

    `cluster`: address of a scheduler, `tcp://host:8786`; its workers count, `count` does not.
    """

    count: int = 1
    cluster: str | None = None
    threads: bool = False

    @contextmanager
    def executor(self) -> Iterator[Executor]:
        """An executor for a while. Raises InputError when the cluster is not there."""
        if self.cluster is not None:
            with _cluster(self.cluster) as executor:
                yield executor
        elif self.count == 1:
            yield Inline()
        else:
            with self._pool() as executor:
                yield executor

    @contextmanager
    def _pool(self) -> Iterator[Executor]:
        executor: Executor
        if self.threads:
            executor = ThreadPoolExecutor(self.count)
        else:  # a fresh interpreter for each: the same on every system, and safe beside compiled kernels
            fresh = multiprocessing.get_context("spawn")
            executor = ProcessPoolExecutor(self.count, mp_context=fresh, initializer=_deaf_to_interrupts)
        known = set(multiprocessing.active_children())
        try:
            yield executor
        except BaseException:
            executor.shutdown(wait=False, cancel_futures=True)
            for child in set(multiprocessing.active_children()) - known:
                child.terminate()
            raise
        executor.shutdown()

    @property
    def in_flight(self) -> int:
        """Parts handed over at once: enough to keep all busy, few enough to bound memory."""
        return IN_FLIGHT if self.cluster is not None else 1 if self.count == 1 else 2 * self.count + 1


def _deaf_to_interrupts() -> None:
    """Ctrl-C reaches every process of a terminal; only the one that was started by hand acts on it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


@contextmanager
def _cluster(address: str) -> Iterator[Executor]:
    """The executor of a Dask scheduler. Raises InputError when there is none, ClusterError when it goes."""
    try:
        from distributed import Client
    except ImportError:
        raise _no_cluster(
            address, "Dask is not installed", "install it with: pip install spsim[cluster]"
        ) from None
    try:
        client = Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError, RuntimeError) as error:
        what = f"no scheduler answers: {str(error).splitlines()[0] if str(error) else type(error).__name__}"
        raise _no_cluster(address, what, "start one with: dask scheduler") from None
    try:
        yield client.get_executor()
    except CancelledError:
        raise ClusterError(f"the scheduler at {address} no longer answers") from None
    finally:
        with suppress(Exception):  # it may be gone
            client.close(timeout=2)


def _no_cluster(address: str, message: str, remedy: str) -> InputError:
    return InputError([Problem(address, 1, 1, ("cluster",), message, remedy)])


def completed(
    work: Callable[[Part], Found], todo: Mapping[int, Part], where: Executor | Workers
) -> Iterator[tuple[int, Found]]:
    """(number, result) of each part as it is finished, in any order; a part lost with its worker is done again.

    Raises what `work` raises, BrokenExecutor when workers die again and again (or in a given executor), ClusterError.
    """
    if isinstance(where, Executor):
        yield from _as_finished(work, dict(todo), where, IN_FLIGHT)
        return
    left, broken = dict(todo), 0
    while left:
        try:
            with where.executor() as executor:
                for number, found in _as_finished(work, dict(left), executor, where.in_flight):
                    del left[number]
                    broken = 0
                    yield number, found
        except BrokenExecutor:
            broken += 1
            if broken > RESTARTS:
                raise


def _as_finished(
    work: Callable[[Part], Found], todo: dict[int, Part], executor: Executor, in_flight: int
) -> Iterator[tuple[int, Found]]:
    """Hand over parts in the order of their numbers, never more than `in_flight` at once."""
    running: dict[Future[Found], int] = {}
    waiting = iter(sorted(todo))
    try:
        while True:
            while len(running) < in_flight and (number := next(waiting, None)) is not None:
                running[executor.submit(work, todo[number])] = number
            if not running:
                return
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                yield running.pop(future), future.result()
    finally:
        for future in running:
            future.cancel()


@dataclass
class Ledger:
    """Finished parts of one job in a folder of its own: `job.json` says which job, `part-000012.npy` holds the numbers of a part.

    A part is there when its checksum file is; files are renamed into place, so that a process may be killed at any time. Parts whose
    bytes do not match their checksum are done again.
    """

    folder: Path
    job: dict[str, Any]
    done: set[int] = field(default_factory=set)

    @classmethod
    def open(cls, folder: Path, job: Mapping[str, Any]) -> Ledger:
        """Begin, or resume the same job (plain data, all that decides the results). Raises InputError when the folder holds another."""
        folder.mkdir(parents=True, exist_ok=True)
        named = folder / "job.json"
        if named.exists():
            _same_job(named, job)
        else:
            _write(named, json.dumps(job, sort_keys=True, indent=1).encode())
        ledger = cls(folder, dict(job))
        ledger.done = {number for number in ledger._listed() if ledger._whole(number)}
        return ledger

    def put(self, number: int, values: Array) -> None:
        """Keep the numbers of a part."""
        import io

        held = io.BytesIO()
        np.save(held, values, allow_pickle=False)
        _write(self._file(number), held.getvalue())
        _write(self._checksum(number), hashlib.sha256(held.getvalue()).hexdigest().encode())
        self.done.add(number)

    def get(self, number: int) -> Array:
        """The numbers of a finished part, left on the disk until they are used."""
        return np.load(self._file(number), mmap_mode="r", allow_pickle=False)

    def remove(self) -> None:
        """Take the folder away, once the results that were made from it are written."""
        import shutil

        shutil.rmtree(self.folder)

    def _file(self, number: int) -> Path:
        return self.folder / f"part-{number:06d}.npy"

    def _checksum(self, number: int) -> Path:
        return self.folder / f"part-{number:06d}.sha256"

    def _listed(self) -> list[int]:
        return sorted(int(path.stem.partition("-")[2]) for path in self.folder.glob("part-*.sha256"))

    def _whole(self, number: int) -> bool:
        try:
            with self._file(number).open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            return digest == self._checksum(number).read_text()
        except OSError:
            return False


def _same_job(named: Path, job: Mapping[str, Any]) -> None:
    """Refuse to mix the parts of two jobs; says what differs."""
    try:
        before: Any = json.loads(named.read_bytes())
    except ValueError:
        before = None
    now = json.loads(json.dumps(job))
    if before != now:
        old = before if isinstance(before, dict) else {}
        differs = ", ".join(sorted(key for key in {*old, *now} if old.get(key) != now.get(key)))
        what = f"the folder holds the parts of another job; these differ: {differs}"
        problem = Problem(
            str(named), 1, 1, ("out",), what, "name another folder with --out, or delete this one"
        )
        raise InputError([problem])


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all, also when the power fails."""
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    with partial.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
