"""Rebuild the bundled country tables from extracts of the United Nations and ILOSTAT; same inputs, same
bytes.

    python tools/build_country_data.py DATA [COUNTRIES]

DATA holds wpp2024/*.csv and ilostat/*.csv; COUNTRIES is the folder to write, by default that of the package.
Population, mortality and fertility shares are graduated to single ages by the package's own reader.
"""

from __future__ import annotations

import csv
import hashlib
import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from spsim.data import demography, participation
from spsim.data.folder import CountryTables, FolderReader
from spsim.data.life_table import AGES

PACKAGE_FOLDER = Path(__file__).parents[1] / "src" / "spsim" / "data" / "countries"
COMMAND = "python tools/build_country_data.py DATA"
LAST_BASE = 2025
FIRST_BASE = 2010  # total fertility begins then
COUNTRIES = {
    "BRN": "Brunei Darussalam",
    "IDN": "Indonesia",
    "JPN": "Japan",
    "KHM": "Cambodia",
    "KOR": "Republic of Korea",
    "LAO": "Lao People's Democratic Republic",
    "MMR": "Myanmar",
    "MNG": "Mongolia",
    "MYS": "Malaysia",
    "PHL": "Philippines",
    "SGP": "Singapore",
    "THA": "Thailand",
    "TLS": "Timor-Leste",
    "VNM": "Viet Nam",
}
UNITED_NATIONS = {
    "source": "United Nations, DESA, Population Division, World Population Prospects 2024",
    "licence": "CC BY 3.0 IGO",
}
ILO = {
    "source": "ILO modelled estimates, ILOSTAT: labour force by sex and age; rates over the UN 2019 revision",
    "licence": "CC BY 4.0",
}
COPIED = {
    "fertility.csv": "wpp2024",
    "net_migration.csv": "wpp2024",
    "indicators.csv": "wpp2024",
    "labour_force.csv": "ilostat",
}

Table = list[list[str]]


def main(arguments: Sequence[str]) -> None:
    data = Path(arguments[0])
    target = Path(arguments[1]) if len(arguments) > 1 else PACKAGE_FOLDER
    copies = {name: by_country(data / folder / name) for name, folder in COPIED.items()}
    rates = by_country(data / "ilostat" / "participation_2019.csv")
    for iso3, name in COUNTRIES.items():
        folder = target / iso3
        folder.mkdir(parents=True, exist_ok=True)
        for file, tables in copies.items():
            write(folder / file, tables[iso3])
        write_graduated(folder, FolderReader(data / "wpp2024", iso3, "medium").read(), rates[iso3])
        write_provenance(folder, name, data)


def write_graduated(folder: Path, tables: CountryTables, rates: Table) -> None:
    """Population, mortality, fertility shares and participation by single age."""
    years = [year for year in sorted(tables.population) if FIRST_BASE <= year <= LAST_BASE]
    bases = {year: demography.base_population(tables, year) for year in years}
    write(folder / "population.csv", population_rows(bases))
    write(folder / "mortality.csv", mortality_rows(tables))
    write(folder / "fertility_age_pattern.csv", pattern_rows(tables))
    write(folder / "participation.csv", participation_rows(rates, bases[participation.REFERENCE_YEAR]))


def population_rows(bases: dict[int, np.ndarray]) -> Table:
    """Thousands at 1 July, to a tenth of a person."""
    rows = [["year", "variant", "age", "male", "female"]]
    for year, persons in bases.items():
        variant = "estimate" if year < LAST_BASE else "medium"
        rows += [
            [str(year), variant, str(age), *(f"{n / 1000:.4f}" for n in persons[:, age])]
            for age in range(AGES)
        ]
    return rows


def mortality_rows(tables: CountryTables) -> Table:
    """Central death rates per year; 100 is 100 and over, as given."""
    mid_years = sorted(tables.mortality)
    single = demography.single_age_mortality(tables.mortality)
    rows = [["mid_year", "age", "male", "female"]]
    for rates, year in zip(single, mid_years):
        rows += [[str(year), str(age), *(f"{m:.6g}" for m in rates[:, age])] for age in range(AGES - 1)]
        rows.append([str(year), "100", *(f"{m:.6g}" for m in tables.mortality[year][100])])
    return rows


def pattern_rows(tables: CountryTables) -> Table:
    """Percent of total fertility by single age of the mother."""
    mid_years, percent = sorted(tables.age_pattern), demography.single_age_pattern(tables.age_pattern)
    ages = np.flatnonzero(percent.any(0))
    rows = [["mid_year", "age", "percent"]]
    for shares, year in zip(percent, mid_years):
        rows += [[str(year), str(age), f"{shares[age]:.5f}"] for age in ages]
    return rows


def participation_rows(given: Table, persons: np.ndarray) -> Table:
    """Participation rates 2019 by single age, 15 to 81 and over."""
    ages = [int(row[0]) for row in given[1:]]
    groups = np.array([[float(text) for text in row[1:]] for row in given[1:]]).T
    rates = participation.graduate_participation(
        ages, np.minimum(groups, participation.LARGEST_RATE), persons
    )
    last = participation.LAST_WORKING_AGE + 1
    rows = [["age", "male", "female"]]
    return rows + [[str(age), *(f"{r:.5f}" for r in rates[:, age])] for age in range(ages[0], last + 1)]


def by_country(path: Path) -> dict[str, Table]:
    """The rows of each country, header first, without the column that names it."""
    with path.open(encoding="utf-8", newline="") as stream:
        header, *rows = csv.reader(stream)
    tables: dict[str, Table] = {}
    for iso3, *fields in rows:
        tables.setdefault(iso3, [header[1:]]).append(fields)
    return tables


def write(path: Path, rows: Iterable[Sequence[str]]) -> None:
    path.write_bytes("".join(",".join(row) + "\n" for row in rows).encode())


def write_provenance(folder: Path, name: str, data: Path) -> None:
    """Where the tables come from, under what licence, from which bytes, by which command."""
    inputs = sorted([*data.glob("wpp2024/*.csv"), *data.glob("ilostat/*.csv")])
    files = [path for path in inputs if path.name != "life_tables_2023.csv"]
    record = {
        "country": name,
        "sources": {"participation.csv, labour_force.csv": ILO, "the other tables": UNITED_NATIONS},
        "changes": "population, mortality, fertility shares and participation graduated to single ages",
        "inputs_sha256": {
            f"{p.parent.name}/{p.name}": hashlib.sha256(p.read_bytes()).hexdigest() for p in files
        },
        "build_command": COMMAND,
    }
    text = json.dumps(record, indent=2, ensure_ascii=False) + "\n"
    (folder / "provenance.json").write_bytes(text.encode())


if __name__ == "__main__":
    main(sys.argv[1:])
