"""Write the table of functions of docs/financing.md from their docstrings: python tools/describe_financing.py

What a function does is the first line of its docstring; unit, formula and source are the sentences that begin with these words.
"""

from __future__ import annotations

import inspect
import re
from importlib import import_module
from pathlib import Path

from spsim import financing

PAGE = Path(__file__).parents[1] / "docs" / "financing.md"
BEGIN, END = "<!-- functions: begin -->", "<!-- functions: end -->"
MODULES = {
    "Systems of finance": "systems",
    "Cost methods": "cost_methods",
    "Balances of a fund": "balances",
    "Liabilities": "liabilities",
    "Amortisation": "amortisation",
    "Expenditure and national income": "decomposition",
    "Series": "series",
}


def table() -> str:
    """All functions, one table for each module."""
    parts = []
    for title, name in MODULES.items():
        module = import_module(f"spsim.financing.{name}")
        rows = [
            row(function, found)
            for function, found in vars(module).items()
            if function in financing.__all__
            and inspect.isfunction(found)
            and found.__module__ == module.__name__
        ]
        parts.append(
            "\n".join(
                [
                    f"### {title}",
                    "",
                    "| function | what | unit | formula | source |",
                    "|---|---|---|---|---|",
                    *rows,
                ]
            )
        )
    return "\n\n".join(parts)


def row(name: str, function: object) -> str:
    """One function."""
    text = inspect.getdoc(function) or ""
    what = re.sub(r" \(\.\.\.(, T)?\)", "", " ".join(text.split("\n\n")[0].split())).rstrip(".")
    cells = [f"`{name}`", what, *(said(text, word) for word in ("Unit", "Formula", "Source"))]
    return "| " + " | ".join(cell.replace("|", "/") for cell in cells) + " |"


def said(text: str, word: str) -> str:
    """The sentence of a docstring that begins with a word and a colon."""
    flat = " ".join(text.split())
    match = re.search(word + r": (.*?)(?=\.? (?:Unit|Formula|Source):|\. Raises |\. A scheme |$)", flat)
    return match[1].strip().rstrip(".") if match else ""


def page() -> str:
    """The page with a new table."""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    return before + BEGIN + "\n\n" + table() + "\n\n" + END + rest.partition(END)[2]


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8", newline="\n")
