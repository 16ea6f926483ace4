"""`spsim run`: check, compute, write, tell. Nothing is written unless all goes well."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from threading import Thread
from typing import Any, NoReturn

import click

from spsim.checking import Checked, check, of_table
from spsim.data.csv_table import TableError
from spsim.errors import InputError
from spsim.run_folder import default_folder, fresh_run_folder

FIRST_SCHEME = 2  # steps of a run before its first scheme: population, labour force
Progress = Callable[[str, int, int], None]
"""Called with the stage, the steps done and the steps in all."""


def run_file(file: Path, out: Path | None, overwrite: bool, formats: Sequence[str], quiet: bool) -> list[str]:
    """Run a scenario and write its results; returns the lines to print.

    Raises InputError, IdentityError and OSError, after which nothing is left behind.
    """
    started = datetime.now(UTC)
    checked = check(file)
    if checked.errors:
        raise InputError(checked.problems)
    for warning in checked.warnings:
        click.echo(str(warning), err=True)
    target = out or default_folder(identifier(checked))
    with stopped_cleanly(), fresh_run_folder(target, identifier(checked), overwrite) as folder:
        result = computed(checked, quiet)
        from spsim.results import write

        write(result, folder, formats, command_line=command_line(), started=started)
    for alarm in result.alarms:
        click.echo(f"{file}: warning: {alarm}", err=True)
    return [] if quiet else told(result, target)


def computed(checked: Checked, quiet: bool) -> Any:
    """The result of a checked scenario, with a progress bar on a terminal."""
    load_numba()
    from spsim.run import run

    assert checked.scenario is not None and checked.document is not None
    try:
        with progress(quiet) as advance:
            return run(checked.scenario, checked.document, progress=with_writers(advance))
    except TableError as error:
        raise InputError(of_table(problem) for problem in error.problems) from None


WRITERS = ("polars", "xlsxwriter", "spsim.excel")
"""What the tables and the workbook are written with."""


def with_writers(advance: Progress) -> Progress:
    """Load what writes tables as soon as schemes run: their kernels leave the interpreter free meanwhile."""
    loading = Thread(target=lambda: [import_module(name) for name in WRITERS], daemon=True)

    def told(stage: str, done: int, total: int) -> None:
        if done >= FIRST_SCHEME and loading.ident is None:
            loading.start()
        advance(stage, done, total)

    return told


def load_numba() -> None:
    """Load what every compiled kernel needs, without SciPy's linear algebra, which none of ours uses and which takes a quarter second."""
    absent = "scipy.linalg"
    if absent in sys.modules:
        return
    sys.modules[absent] = None  # type: ignore[assignment]  # numba goes without a module that cannot be imported
    try:
        import_module("numba.np.arraymath")
    finally:
        del sys.modules[absent]


def told(result: Any, target: Path) -> list[str]:
    """The short table, and where the rest lies."""
    from spsim.report_terminal import summary_lines

    return [*summary_lines(result), f"Results: {target}"]


def identifier(checked: Checked) -> str:
    """The scenario's id, which names its folder."""
    assert checked.scenario is not None
    return checked.scenario.meta.id


def command_line() -> list[str]:
    """The command as it was typed, without the place where spsim is installed."""
    return ["spsim", *sys.argv[1:]]


@contextmanager
def progress(quiet: bool) -> Iterator[Progress]:
    """A bar with the time left, on a terminal only."""
    if quiet or not sys.stderr.isatty():
        yield lambda stage, done, total: None
        return
    from rich import progress as bars
    from rich.console import Console

    columns = (bars.TextColumn("{task.description}"), bars.BarColumn(), bars.TimeRemainingColumn())
    with bars.Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("starting", total=None)
        yield lambda stage, done, total: bar.update(task, description=stage, completed=done, total=total)


@contextmanager
def stopped_cleanly() -> Iterator[None]:
    """Let a request to end the process (a shutdown, a batch system) clean up as Ctrl-C does."""

    def stop(number: int, frame: object) -> NoReturn:
        sys.unraisablehook = lambda _: None  # a compiler stopped half-way complains as it is taken down
        raise KeyboardInterrupt

    try:
        before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    except ValueError:  # not the main thread, which alone may set it
        yield
        return
    hook = sys.unraisablehook
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if sys.exc_info()[0] is not KeyboardInterrupt:
            sys.unraisablehook = hook
