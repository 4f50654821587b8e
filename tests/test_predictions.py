"""A findings table read back."""

from __future__ import annotations

from pathlib import Path

import pandas
import pytest
from builders import Row, invent_id, make_row

from marrowtext.cli import app
from marrowtext.errors import InputError
from marrowtext.frames import extract
from marrowtext.predictions import read_predictions

TEXTS = [
    "Marrow edema of the left talus measuring 12 mm. No marrow edema of the cuboid.",
    "Subchondral marrow edema at L4.",
]
COLUMNS = {"report_id": "1", **make_row()}


def read_rows(table: pandas.DataFrame | Path) -> list[Row]:
    _, rows = read_predictions(table)
    return [dict(row) for report in rows.values() for row in report]


@pytest.mark.parametrize("kind", [".csv", ".jsonl", ".parquet"])
def test_table_reads_back_as_the_frame_that_it_was(kind: str, tmp_path: Path) -> None:
    source, out = tmp_path / "in.csv", tmp_path / f"out{kind}"
    source.write_text("text\n" + "".join(f"{text}\n" for text in TEXTS))
    with pytest.raises(SystemExit):
        app(["extract", str(source), "-o", str(out)])
    rows = read_rows(out)
    frame = read_rows(extract(pandas.DataFrame({"text": TEXTS, "id": [invent_id(row, source) for row in (1, 2)]})))
    assert rows == frame
    assert [(row["report_id"], row["size_mm"], row["subchondral"], row["level"]) for row in rows] == [
        (invent_id(1, source), 12.0, False, None),
        (invent_id(1, source), None, False, None),
        (invent_id(2, source), None, True, "L4"),
    ]


def test_names_are_those_of_findings_columns() -> None:
    names, _ = read_predictions(pandas.DataFrame([{**COLUMNS, "ward": "x"}]))
    assert set(names) == set(COLUMNS)


def test_whole_numbers_that_a_frame_turned_to_floats() -> None:
    (row,) = read_rows(pandas.DataFrame([{**COLUMNS, "start": 3.0, "report_id": 7.0}]))
    assert (row["start"], row["report_id"]) == (3, "7")


def test_missing_columns_are_named(tmp_path: Path) -> None:
    table = tmp_path / "table.csv"
    table.write_text("report_id,section,start,site,level,laterality,assertion\n")
    with pytest.raises(InputError, match=r"table\.csv: has no column end; give a findings table"):
        read_predictions(table)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"start": "x"}, "row 2: start: must be of type int"),
        ({"start": 1.5}, "row 2: start: must be of type int"),
        ({"start": None}, "row 2: start: is empty"),
        ({"laterality": "both"}, "row 2: laterality: must be one of left, right, bilateral"),
        ({"subchondral": "maybe"}, "row 2: subchondral: must be of type bool"),
    ],
)
def test_value_that_is_none_of_its_column(values: Row, message: str) -> None:
    with pytest.raises(InputError, match=f"the predictions: {message}"):
        read_predictions(pandas.DataFrame([COLUMNS, {**COLUMNS, **values}]).astype(object))


def test_two_reports_with_one_id_are_refused() -> None:
    with pytest.raises(InputError, match="row 2: report_id: two reports of the run have this id"):
        read_predictions(pandas.DataFrame([{**COLUMNS, "row": 1}, {**COLUMNS, "row": 2}]))


def test_broken_line_is_named(tmp_path: Path) -> None:
    table = tmp_path / "table.csv"
    names = ",".join(COLUMNS)
    table.write_text(f"{names}\n" + "1," * 40 + '"\n')
    with pytest.raises(InputError, match=r"table\.csv: row 1: line 2 opens a quote"):
        read_predictions(table)
