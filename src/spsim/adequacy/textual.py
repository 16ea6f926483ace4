"""Tables of rows as text: aligned for the screen, or CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from typing import Any

Row = dict[str, Any]


def aligned(head: Sequence[str], cells: Sequence[Sequence[str]], text: int) -> Iterator[str]:
    """Lines of a table; the first `text` columns to the left, numbers to the right."""
    widths = [max(len(line[i]) for line in [head, *cells]) for i in range(len(head))]
    for line in [head, *cells]:
        parts = [
            cell.ljust(width) if i < text else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(line, widths, strict=True))
        ]
        yield "  ".join(parts).rstrip()


def as_csv(rows: Sequence[Row]) -> str:
    """One table as CSV text."""
    if not rows:
        return ""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().rstrip("\n")
