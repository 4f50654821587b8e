"""A filled-in sheet, measured; and sheets that cannot be."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from clinic import make_tables, visit

from marrowtext.agreement import measure_agreement
from marrowtext.errors import InputError
from marrowtext.sampling import draw_sample

Lines = list[dict[str, str]]

PRESENT: dict[str, Any] = {"site": "talus"}
ABSENT: dict[str, Any] = {**PRESENT, "assertion": "absent"}


@pytest.fixture
def sheet(tmp_path: Path) -> Path:
    """20 rows, 10 of them drawn, and 30 reports, 16 of them drawn: of 10 absent 6, of 10 silent and of 10 present 5."""
    tables = make_tables(
        *(visit(f"P{n}", "2020-01-01", PRESENT) for n in range(10)),
        *(visit(f"A{n}", "2020-01-01", ABSENT) for n in range(10)),
        *(visit(f"S{n}", "2020-01-01") for n in range(10)),
    )
    return draw_sample(tables, rows=10, reports=16).write(tmp_path / "sheet.csv")


def edit(sheet: Path, change: Callable[[Lines], Lines], delimiter: str = ",") -> None:
    with sheet.open(newline="", encoding="utf-8") as file:
        lines = list(csv.DictReader(file))
    changed = change(lines)
    with sheet.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(lines[0]), delimiter=delimiter)
        writer.writeheader()
        writer.writerows(changed)


def answer(lines: Lines, wrong: int = 0) -> Lines:
    """Answer yes for each row, but no for the first `wrong` present ones; of reports, say what the program says."""
    for line in lines:
        if line["kind"] == "row":
            no = line["assertion"] == "present" and wrong > 0
            wrong -= no
            line["verdict_1"] = "no" if no else "yes"
        else:
            line["verdict_1"] = "Yes" if int(line["row"]) <= 10 else "N"
    return lines


def refusal(sheet: Path, change: Callable[[Lines], Lines]) -> str:
    edit(sheet, change)
    with pytest.raises(InputError) as caught:
        measure_agreement(sheet)
    return str(caught.value).removeprefix(f"{sheet}: ")


def each(column: str, value: str, *numbers: int) -> Callable[[Lines], Lines]:
    """Fill in the sheet, and then one cell of some lines."""

    def change(lines: Lines) -> Lines:
        for line in answer(lines):
            if int(line["line"]) in numbers:
                line[column] = value
        return lines

    return change


def test_ppv_of_each_stratum_and_of_all(sheet: Path) -> None:
    """Of 5 present rows 4 are right, of 5 absent ones all: 0.8 * 10 / 20 + 1.0 * 10 / 20.

    Variance (1/2)^2 * (1 - 5/10) * 0.8 * 0.2 / 4 = 0.005, so the effective size is 0.09 / 0.005 = 18.
    """
    edit(sheet, lambda lines: answer(lines, wrong=1))
    measured = measure_agreement(sheet)
    present, absent = (measured.figure("PPV", "row", stratum) for stratum in ("present", "absent"))
    assert (present.size, present.sampled, present.yes, present.estimate) == (10, 5, 4, 0.8)
    assert (round(present.low or 0, 4), round(present.high or 0, 4)) == (0.3755, 0.9638)
    assert (absent.yes, absent.estimate, absent.high) == (5, 1.0, 1.0)
    overall = measured.figure("PPV", "row")
    assert (overall.size, overall.sampled, overall.yes) == (20, 10, 9)
    assert [round(v or 0, 4) for v in (overall.estimate, overall.low, overall.high)] == [0.9, 0.6855, 0.9738]


def test_sensitivity_is_weighted_by_strata(sheet: Path) -> None:
    """All of 5 present reports have edema, so 10; 1 of 5 silent ones, so 2: sensitivity 10 / (10 + 2)."""

    def change(lines: Lines) -> Lines:
        silent = next(line for line in answer(lines) if line["kind"] == "report" and int(line["row"]) > 20)
        silent["verdict_1"] = "yes"
        return lines

    edit(sheet, change)
    measured = measure_agreement(sheet)
    assert measured.figure("share with edema", "report", "not_mentioned").yes == 1
    assert round(measured.figure("sensitivity", "report").estimate or 0, 6) == 0.833333
    assert measured.figure("specificity", "report").estimate == 1.0


def test_sensitivity_where_the_sheet_agrees_throughout(sheet: Path) -> None:
    edit(sheet, answer)
    figure = measure_agreement(sheet).figure("sensitivity", "report")
    assert (figure.estimate, figure.high) == (1.0, 1.0)
    assert figure.low is not None and figure.low < 1.0


def test_kappa_of_two_reviewers_and_the_adjudicated_answer_holds(sheet: Path) -> None:
    """Of 10 rows the first says no to one; the second to that one and to two more, of which one no is adjudicated."""

    def change(lines: Lines) -> Lines:
        for line in answer(lines):
            line["verdict_2"] = line["verdict_1"]
        drawn = [line for line in lines if line["kind"] == "row"]
        drawn[2]["verdict_1"] = drawn[2]["verdict_2"] = "no"
        for line, held in zip(drawn, ("no", "yes"), strict=False):
            line["verdict_2"], line["adjudicated"] = "no", held
        return lines

    edit(sheet, change)
    measured = measure_agreement(sheet)
    kappa = measured.figure("kappa", "row")
    assert (kappa.size, kappa.yes, round(kappa.estimate or 0, 4)) == (10, 8, 0.4118)
    assert measured.figure("kappa", "report").estimate == 1.0
    assert measured.figure("PPV", "row").yes == 8


def test_kappa_of_a_reviewer_who_never_varies_cannot_be_told(sheet: Path) -> None:
    def change(lines: Lines) -> Lines:
        for line in answer(lines):
            line["verdict_2"] = line["adjudicated"] = "yes" if line["kind"] == "row" else line["verdict_1"]
            if int(line["line"]) in (1, 2):
                line["verdict_2"] = "no"
        return lines

    edit(sheet, change)
    measured = measure_agreement(sheet)
    kappa = measured.figure("kappa", "row")
    assert (kappa.size, kappa.yes, kappa.estimate, kappa.low, kappa.high) == (10, 8, None, None, None)
    assert kappa.method == "cannot be told: a reviewer gave one answer throughout"
    row = next(line for line in measured.write_figures().splitlines() if line.startswith("| kappa") and "| row" in line)
    assert [cell.strip() for cell in row.split("|")[3:-1]] == ["", "10", "10", "8", "", "", kappa.method]


def test_without_a_second_reviewer_there_is_no_kappa(sheet: Path) -> None:
    edit(sheet, answer)
    with pytest.raises(KeyError):
        measure_agreement(sheet).figure("kappa", "row")


def test_lines_may_be_sorted_and_saved_with_semicolons(sheet: Path) -> None:
    edit(sheet, lambda lines: answer(lines)[::-1], delimiter=";")
    assert measure_agreement(sheet).figure("PPV", "row").yes == 10


def test_a_key_may_lie_elsewhere(sheet: Path, tmp_path: Path) -> None:
    edit(sheet, answer)
    key = shutil.move(sheet.with_name("sheet.key.json"), tmp_path / "other.json")
    with pytest.raises(InputError, match="no such key; it was written beside the sheet, and --key names it"):
        measure_agreement(sheet)
    assert measure_agreement(sheet, key).figure("PPV", "row").yes == 10
    (tmp_path / "other.json").write_text('{"strata": 1}')
    with pytest.raises(InputError, match="is no key of a sheet"):
        measure_agreement(sheet, key)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda lines: lines, "26 lines (1, 2, 3, 4, 5, 6, 7, 8, …) have no answer in verdict_1; fill them in"),
        (each("verdict_1", " ", 3, 4), "2 lines (3, 4) have no answer in verdict_1; fill them in"),
        (
            each("verdict_2", "yes", 3),
            "25 lines (1, 2, 4, 5, 6, 7, 8, 9, …) have no answer in verdict_2; fill them in, or empty the column",
        ),
        (
            each("verdict_1", "SECRET", 3),
            "1 lines (3) hold something else than yes or no in verdict_1; write yes or no",
        ),
        (lambda lines: answer(lines)[1:], "1 lines (1) are gone; put them back from the sheet as it was written"),
        (lambda lines: [*answer(lines), lines[4]], "1 lines (5) are there twice; keep one of each"),
        (each("line", "99", 2), "1 lines (99) are none that were drawn; take them out"),
        (
            each("row", "31", 2),
            "1 lines (2) are not what was drawn: columns were sorted apart or changed; put them back",
        ),
        (each("line", "SECRET", 2), "row 3: has no number in the column line; put it back"),
        (
            lambda lines: [
                {**line, "verdict_2": "no" if line["line"] == "1" else line["verdict_1"]} for line in answer(lines)
            ],
            "1 lines (1) are answered yes by one reviewer and no by the other; "
            "write the answer that holds in adjudicated",
        ),
    ],
)
def test_a_sheet_that_cannot_be_measured_is_refused(sheet: Path, change: Callable[[Lines], Lines], said: str) -> None:
    assert refusal(sheet, change) == said


def test_a_column_that_was_taken_out_is_told(sheet: Path) -> None:
    text = sheet.read_text()
    sheet.write_text(text.replace("adjudicated", "other"))
    with pytest.raises(InputError, match="has no column 'adjudicated'; keep the columns of the sheet"):
        measure_agreement(sheet)
