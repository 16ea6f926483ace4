"""Reading and checking a folder of country tables."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from spsim.data import demography
from spsim.data.bundle import bundled_countries, bundled_folder
from spsim.data.tables import TableError, check_folder, read_folder, read_participation
from spsim.population import project

CASES = Path(__file__).parent / "cases" / "population"


@pytest.fixture
def folder(tmp_path):
    """The tables of two countries as the United Nations publish them, in five-year groups."""
    shutil.copy(CASES / "un_five_year_population.csv", tmp_path / "population.csv")
    shutil.copy(CASES / "un_abridged_mortality.csv", tmp_path / "mortality.csv")
    shutil.copy(CASES / "un_five_year_age_pattern.csv", tmp_path / "fertility_age_pattern.csv")
    for name in ("fertility.csv", "net_migration.csv", "indicators.csv"):
        with (tmp_path / name).open("w", encoding="utf-8", newline="\n") as stream:
            for number, iso3 in enumerate(("JPN", "LAO")):
                header, *rows = (bundled_folder(iso3) / name).read_text(encoding="utf-8").splitlines()
                stream.writelines([f"iso3,{header}\n"] if number == 0 else [])
                stream.writelines(f"{iso3},{row}\n" for row in rows)
    return tmp_path


def edit(path, change):
    """Rewrite a file through a function of its lines."""
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join(change(lines)) + "\n", encoding="utf-8")


def replace_line(number, text):
    return lambda lines: [text if line == number else old for line, old in enumerate(lines, start=1)]


@pytest.mark.parametrize("iso3", ["JPN", "LAO"])
def test_five_year_tables_reach_the_united_nations_totals(folder, iso3):
    assert check_folder(folder, iso3, 2025, 2100) == []
    population = project(read_folder(folder, iso3, 2025, 2100))
    with (CASES / "un_population.csv").open(encoding="utf-8") as stream:
        rows = [row for row in csv.DictReader(stream) if row["iso3"] == iso3]
    for year, bound in ((2050, 0.001), (2100, 0.003)):
        expected = np.array(
            [[float(r[sex]) for r in rows if r["year"] == str(year)] for sex in ("male", "female")]
        )
        persons = population.persons[year - 2025] / 1000
        found = np.concatenate([persons[:, :100].reshape(2, 20, 5).sum(2), persons[:, 100:]], axis=1)
        assert abs(found.sum() / expected.sum() - 1) < bound
        assert np.abs(found - expected).sum() / expected.sum() < 0.0035


def test_five_year_and_single_year_tables_agree(folder):
    groups = project(read_folder(folder, "LAO", 2025, 2060))
    single = project(read_folder(bundled_folder("LAO"), "LAO", 2025, 2060))
    np.testing.assert_allclose(groups.persons[0].sum(), single.persons[0].sum(), rtol=1e-7)
    np.testing.assert_allclose(groups.total(), single.total(), rtol=1e-4)


def test_an_older_base_is_projected_to_the_start(folder):
    edit(folder / "population.csv", lambda lines: [line for line in lines if ",2025," not in line])
    demography = read_folder(folder, "LAO", 2025, 2030)
    assert (demography.base_year, demography.years[0], demography.years[-1]) == (2020, 2025, 2030)
    assert demography.survival.shape == (5, 2, 101)
    assert "population of 2020 projected to 2025" in demography.notes
    whole = project(read_folder(folder, "LAO", 2020, 2030))
    np.testing.assert_allclose(project(demography).persons, whole.persons[5:], rtol=1e-12)


def test_fertility_variants_order_the_population():
    totals = {
        v: project(read_folder(bundled_folder("VNM"), None, 2025, 2060, v)).total()
        for v in ("low", "medium", "high")
    }
    assert totals["low"][0] == totals["medium"][0] == totals["high"][0]
    assert totals["low"][-1] < totals["medium"][-1] < totals["high"][-1]


def test_no_migration_file_is_zero_and_said(folder):
    (folder / "net_migration.csv").unlink()
    (folder / "indicators.csv").unlink()
    demography = read_folder(folder, "LAO", 2025, 2030)
    assert not demography.migration.any()
    np.testing.assert_array_equal(demography.srb, 1.05)
    assert {
        "no net_migration.csv: net migration is taken as zero",
        "no sex ratio at birth given: 1.05 boys per girl",
    } <= {*demography.notes}


def test_five_year_migration_keeps_its_total(folder):
    rows = [f"LAO,{year},{age},-5,10" for year in range(2023, 2101) for age in (20, 25, 30)]
    (folder / "net_migration.csv").write_text(
        "\n".join(["iso3,year,age,male,female", *rows]) + "\n", encoding="utf-8"
    )
    demography = read_folder(folder, "LAO", 2025, 2030)
    np.testing.assert_allclose(demography.migration.sum(2), [[-15_000, 30_000]] * 5)


def test_lower_open_ages_are_spread(folder):
    def fold(lines):
        return [line for line in lines if line.split(",")[3] not in ("90", "95", "100")]

    edit(folder / "population.csv", fold)
    demography = read_folder(folder, "LAO", 2025, 2030)
    assert (demography.base >= 0).all()
    assert (np.diff(demography.base[:, 85:100]) < 0).all()


BAD = {
    "missing file": ("mortality.csv", None, 1, 1, "missing"),
    "missing column": ("fertility.csv", replace_line(1, "iso3,year,rate" + ",x" * 6), 1, 1, "tfr"),
    "not a number": ("population.csv", replace_line(3, "JPN,2020,estimate,5,many,2"), 3, 5, "'many'"),
    "not finite": ("population.csv", replace_line(3, "JPN,2020,estimate,5,1,nan"), 3, 6, "'nan'"),
    "negative persons": ("population.csv", replace_line(3, "JPN,2020,estimate,5,-1,2"), 3, 5, "-1"),
    "negative rate": ("mortality.csv", replace_line(2, "JPN,2005-2010,2008,0,0.01,-0.1"), 2, 6, "-0.1"),
    "rate too large": ("mortality.csv", replace_line(2, "JPN,2005-2010,2008,0,8.7,0.1"), 2, 5, "8.7"),
    "age missing": ("population.csv", lambda lines: lines[:5] + lines[6:], 2, 4, "age 20 is missing"),
    "age 1 missing": ("mortality.csv", lambda lines: lines[:2] + lines[3:], 2, 4, "age 1 is missing"),
    "year missing": ("fertility.csv", lambda lines: lines[:9] + lines[10:], 9, 2, "2018 is missing"),
    "period missing": (
        "mortality.csv",
        lambda lines: [x for x in lines if ",2048," not in x],
        156,
        3,
        "2048 is missing",
    ),
    "duplicate": ("population.csv", lambda lines: [*lines[:3], lines[2], *lines[3:]], 4, 4, "twice"),
    "percentages": (
        "fertility_age_pattern.csv",
        replace_line(2, "JPN,2005-2010,2008,15,50"),
        2,
        5,
        "not 100",
    ),
    "ragged": ("mortality.csv", replace_line(4, "JPN,2005-2010,2008,5,0.01"), 4, 5, "5 fields"),
    "no data": ("fertility.csv", lambda lines: lines[:1], 1, 1, "no data"),
    "whole age": ("population.csv", replace_line(3, "JPN,2020,estimate,5.5,1,2"), 3, 4, "whole number"),
    "young open age": (
        "population.csv",
        lambda lines: [x for x in lines if x == lines[0] or int(x.split(",")[3]) < 70],
        2,
        4,
        "starts at 65",
    ),
    "variants unknown": (
        "population.csv",
        lambda lines: [x.replace("estimate", "a").replace("medium", "b") for x in lines],
        2,
        3,
        "no row",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_tables_are_pointed_at(folder, name):
    file, change, line, column, words = BAD[name]
    if change is None:
        (folder / file).unlink()
    else:
        edit(folder / file, change)
    problems = check_folder(folder, "JPN", 2025, 2100)
    assert problems
    first = next(p for p in problems if words in p.message)
    assert (first.file, first.line, first.column) == (folder / file, line, column)
    assert first.remedy
    with pytest.raises(TableError) as caught:
        read_folder(folder, "JPN", 2025, 2100)
    assert list(caught.value.problems) == problems


def test_wrong_encoding_and_empty_file(folder):
    (folder / "fertility.csv").write_bytes(b"iso3,year,tfr\nJPN,2010,1.4\nC\xf4te,2011,1\n")
    (folder / "mortality.csv").write_bytes(b"")
    encoding, empty = sorted(check_folder(folder, "JPN", 2025, 2100), key=lambda p: p.file.name)
    assert (encoding.line, encoding.column, encoding.remedy) == (3, 2, "Save the file as UTF-8.")
    assert "no data" in empty.message


def test_country_must_be_named_and_be_there(folder):
    unnamed = check_folder(folder, None, 2025, 2100)
    assert all("2 countries: JPN, LAO" in problem.message for problem in unnamed)
    absent = check_folder(folder, "FRA", 2025, 2100)
    assert {"Those in it: JPN, LAO."} == {problem.remedy for problem in absent}


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        (2025, 2110, "fertility ends in 2100"),
        (2010, 2030, "the first is of 2020"),
        (2100, 2101, "mortality ends in 2100"),
    ],
)
def test_horizon_past_the_tables(folder, start, end, words):
    problems = check_folder(folder, "LAO", start, end)
    assert any(words in str(problem) for problem in problems)


def test_end_before_start_and_unknown_variant(folder):
    with pytest.raises(ValueError, match="before it starts"):
        check_folder(folder, "LAO", 2030, 2025)
    with pytest.raises(ValueError, match="none of medium"):
        check_folder(folder, "LAO", 2025, 2030, "middle")


def test_checking_needs_no_numpy():
    program = (
        "import sys; from spsim.data.tables import check_folder as check;"
        "from spsim.data.bundle import bundled_folder;"
        "assert check(bundled_folder('BRN'), None, 2025, 2100) == []; assert 'numpy' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


@pytest.mark.parametrize("iso3", sorted(bundled_countries()))
def test_bundled_folders_are_complete(iso3):
    folder = bundled_folder(iso3)
    assert check_folder(folder, None, 2025, 2100) == []
    provenance = json.loads((folder / "provenance.json").read_text(encoding="utf-8"))
    assert {"country", "sources", "inputs_sha256", "build_command"} <= set(provenance)
    rates = read_participation(folder, iso3)
    assert rates.shape == (2, 101)
    assert not rates[:, :15].any() and not rates[:, 81:].any()
    assert (rates >= 0).all() and (rates <= 0.99).all() and (rates[0, 30:45] > 0.75).all()


def test_unknown_bundled_country_lists_those_there_are():
    with pytest.raises(ValueError, match=r"no country 'XXX'.*VNM"):
        bundled_folder("XXX")


def test_participation_in_groups_keeps_the_labour_force(folder):
    ages = [*range(15, 66, 5)]
    rates = {age: (0.5 - abs(age - 40) / 100, 0.4 - abs(age - 40) / 100) for age in ages[:-1]} | {
        65: (0.1, 0.05)
    }
    lines = ["age,male,female", *(f"{age},{male},{female}" for age, (male, female) in rates.items())]
    (folder / "participation.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    single = read_participation(folder, "LAO")
    persons = read_folder(folder, "LAO", 2020, 2020).base
    for age in ages:
        group = slice(age, age + 5 if age < 65 else 101)
        found = (single[:, group] * persons[:, group]).sum(1) / persons[:, group].sum(1)
        np.testing.assert_allclose(found, rates[age], rtol=1e-9)
    assert (np.diff(single[:, 65:81]) < 0).all()


def test_participation_falls_back_on_the_bundle_or_is_reported(folder):
    np.testing.assert_array_equal(
        read_participation(folder, "LAO"), read_participation(bundled_folder("LAO"), "LAO")
    )
    with pytest.raises(TableError, match="missing"):
        read_participation(folder, "FRA")
    bad = "age,male,female\n15,0.2,0.1\n25,0.8,1.9\n25,0.8,0.7\n"
    (folder / "participation.csv").write_text(bad, encoding="utf-8")
    with pytest.raises(TableError, match=r"1\.9"):
        read_participation(folder, "LAO")


def test_migrants_above_the_open_age_are_in_it() -> None:
    """Of 100, 104 and 60, in thousands; the first two belong to the open age."""
    found = demography._migration(
        {2025: {100: (1.0, 2.0), 104: (0.5, 0.25), 60: (3.0, 4.0)}}, np.array([2024, 2025])
    )
    assert found[1, :, 100].tolist() == [1_500.0, 2_250.0]
    assert found[1, :, 60].tolist() == [3_000.0, 4_000.0] and found.sum() == 10_750.0
