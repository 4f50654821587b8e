"""Whole runs from every kind of input: the same reports come out of each, and a broken run goes on with each."""

from __future__ import annotations

import csv
import gzip
import json
import sqlite3
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import duckdb
import openpyxl
import psycopg
import pyarrow
import pytest
from builders import InlinePool, build_fake
from pyarrow import parquet

import marrowtext
from marrowtext import batch
from marrowtext.batch import extract_tables
from marrowtext.errors import InputError
from marrowtext.headers import ColumnChoice
from marrowtext.manifest import measure_input
from marrowtext.readers import Selection, open_reports

COUNT = 23
ROWS = [(f"{number:05d}", f"Edema of report {number}.\nSecond line.") for number in range(COUNT)]
HEAD = "MSH|^~\\&|RIS|N|D|N|20240305||ORU^R01|{id}|P|2.5\rOBR|1||{id}|1^MRI\r"


@dataclass(frozen=True, slots=True)
class Place:
    """An input, and what is chosen of it."""

    name: str
    choice: ColumnChoice = ColumnChoice()  # noqa: RUF009, it is frozen
    selection: Selection = Selection()  # noqa: RUF009, it is frozen


def write_delimited(path: Path, delimiter: str = ",") -> str:
    with path.open("w", newline="") as file:
        csv.writer(file, delimiter=delimiter).writerows([("id", "text"), *ROWS])
    return path.read_text()


def make_csv(folder: Path) -> Place:
    write_delimited(folder / "in.csv")
    return Place("in.csv")


def make_tsv(folder: Path) -> Place:
    write_delimited(folder / "in.tsv", "\t")
    return Place("in.tsv")


def make_gzip(folder: Path) -> Place:
    content = write_delimited(folder / "in.csv")
    (folder / "in.csv.gz").write_bytes(gzip.compress(content.encode()))
    return Place("in.csv.gz")


def make_zstd(folder: Path) -> Place:
    content = write_delimited(folder / "in.csv")
    with pyarrow.CompressedOutputStream(str(folder / "in.csv.zst"), "zstd") as packed:
        packed.write(content.encode())
    return Place("in.csv.zst")


def make_jsonl(folder: Path) -> Place:
    (folder / "in.jsonl").write_text("".join(json.dumps({"id": id, "text": text}) + "\n" for id, text in ROWS))
    return Place("in.jsonl")


def make_parquet(folder: Path) -> Place:
    ids, texts = zip(*ROWS, strict=True)
    parquet.write_table(pyarrow.table({"id": ids, "text": texts}), folder / "in.parquet")
    return Place("in.parquet")


def make_workbook(folder: Path) -> Place:
    book = openpyxl.Workbook()
    for row in (("id", "text"), *ROWS):
        book.active.append(row)
    book.save(folder / "in.xlsx")
    return Place("in.xlsx")


def make_folder(folder: Path) -> Place:
    (folder / "in").mkdir()
    for id, text in ROWS:
        (folder / "in" / f"{id}.txt").write_text(text)
    return Place("in")


def make_glob(folder: Path) -> Place:
    (folder / "in").mkdir()
    for id, text in ROWS:
        (folder / "in" / f"{id}.rtf").write_text(rf"{{\rtf1 {text.replace(chr(10), chr(92) + 'par ')}}}")
    return Place("in/0*.rtf")


def make_messages(folder: Path) -> Place:
    messages = (HEAD.format(id=id) + "".join(f"OBX|1|TX|||{line}\r" for line in text.split("\n")) for id, text in ROWS)
    (folder / "in.hl7").write_text("".join(messages), newline="")
    return Place("in.hl7")


def resources() -> list[dict[str, object]]:
    return [
        {"resourceType": "DiagnosticReport", "id": id, "text": {"div": f"<div>{text.replace(chr(10), '<br/>')}</div>"}}
        for id, text in ROWS
    ]


def make_bundle(folder: Path) -> Place:
    bundle = {"resourceType": "Bundle", "entry": [{"resource": one} for one in resources()]}
    (folder / "in.json").write_text(json.dumps(bundle))
    return Place("in.json")


def make_ndjson(folder: Path) -> Place:
    (folder / "in.ndjson").write_text("\n".join(map(json.dumps, resources())))
    return Place("in.ndjson")


def make_lines(folder: Path) -> Place:
    with (folder / "in.csv").open("w", newline="") as file:
        rows = [(id, number, line) for id, text in ROWS for number, line in enumerate(text.split("\n"), start=1)]
        csv.writer(file).writerows([("id", "n", "text"), *rows])
    return Place("in.csv", ColumnChoice(line="n"))


def make_sqlite(folder: Path) -> Place:
    with sqlite3.connect(folder / "in.sqlite") as connection:
        connection.execute("CREATE TABLE reports (id TEXT, text TEXT)")
        connection.executemany("INSERT INTO reports VALUES (?, ?)", ROWS)
    connection.close()
    return Place("in.sqlite", selection=Selection(table="reports"))


def make_duckdb(folder: Path) -> Place:
    with duckdb.connect(str(folder / "in.duckdb")) as connection:
        connection.execute("CREATE TABLE reports (id TEXT, text TEXT)")
        connection.executemany("INSERT INTO reports VALUES (?, ?)", ROWS)
    return Place("in.duckdb", selection=Selection(query="SELECT * FROM reports ORDER BY id"))


MAKERS = [
    make_csv, make_tsv, make_gzip, make_zstd, make_jsonl, make_parquet, make_workbook, make_folder, make_glob,
    make_messages, make_bundle, make_ndjson, make_lines, make_sqlite, make_duckdb,
]  # fmt: skip


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Parts of five reports, read in this process, with the inputs in the folder that is the current one."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(batch, "_PART_REPORTS", 5)
    monkeypatch.setattr(batch, "_CHUNK_REPORTS", 2)
    monkeypatch.setattr(batch, "Pool", partial(InlinePool, build=build_fake))


def fill_postgres(url: str) -> Place:
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE reports (id TEXT, text TEXT)")
        connection.cursor().executemany("INSERT INTO reports VALUES (%s, %s)", ROWS)
    return Place(url, selection=Selection(query="SELECT id, text FROM reports ORDER BY id"))


def run(place: Place, out: str, *, resume: bool = False) -> None:
    extract_tables(open_reports(place.name, place.choice, place.selection), out, resume=resume)


class BrokenOffError(Exception):
    """Stops a run in a test."""


def break_off(place: Place, out: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run until the 13th report: two parts of five are kept."""
    real = batch._write_outcome

    def fail(row: object, answer: object) -> object:
        if row.row == 13:  # type: ignore[attr-defined]
            raise BrokenOffError
        return real(row, answer)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(batch, "_write_outcome", fail)
        with pytest.raises(BrokenOffError):
            run(place, out)


def check(place: Place, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The reports come out once, in order, and a broken run gives the same bytes as a whole one."""
    run(place, "whole.csv")
    with (folder / "whole.csv").open(newline="") as file:
        assert [(row["report_id"], row["mention"]) for row in csv.DictReader(file)] == ROWS
    break_off(place, "broken.csv", monkeypatch)
    run(place, "broken.csv", resume=True)
    for kind in (".csv", ".reports.csv"):
        assert (folder / f"broken{kind}").read_bytes() == (folder / f"whole{kind}").read_bytes()
    told = json.loads((folder / "broken.csv.manifest.json").read_text())
    assert (told["counts"]["reports"], len(told["resumed"])) == (COUNT, 1)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("make", MAKERS)
def test_every_input_gives_the_same_reports_and_goes_on(
    tmp_path: Path, make: Callable[[Path], Place], monkeypatch: pytest.MonkeyPatch
) -> None:
    check(make(tmp_path), tmp_path, monkeypatch)


@pytest.mark.usefixtures("small")
def test_postgres_gives_the_same_reports_and_goes_on(
    tmp_path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    check(fill_postgres(postgres_url), tmp_path, monkeypatch)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE reports SET text = 'other' WHERE id = '00003'",
        "DELETE FROM reports WHERE id = '00003'",
        "INSERT INTO reports VALUES ('00002a', 'new')",
        "DELETE FROM reports",
    ],
)
def test_database_that_changed_is_not_gone_on_with(
    postgres_url: str, statement: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = fill_postgres(postgres_url)
    break_off(place, "out.csv", monkeypatch)
    with psycopg.connect(postgres_url) as connection:
        connection.execute(statement)
    with pytest.raises(InputError) as raised:
        run(place, "out.csv", resume=True)
    assert str(raised.value).partition(": ")[2] == (
        "the rows that were read before are others by now, or come in another order; give the query an ORDER BY, and "
        "start anew with --force"
    )
    assert not Path("out.csv").exists()


@pytest.mark.usefixtures("small")
def test_rows_that_come_behind_those_that_were_read_are_read(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = fill_postgres(postgres_url)
    break_off(place, "out.csv", monkeypatch)
    with psycopg.connect(postgres_url) as connection:
        connection.execute("INSERT INTO reports VALUES ('99999', 'new')")
    run(place, "out.csv", resume=True)
    assert json.loads(Path("out.csv.manifest.json").read_text())["counts"]["reports"] == COUNT + 1


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("make", [make_folder, make_glob, make_sqlite, make_gzip])
def test_files_that_changed_are_not_gone_on_with(
    tmp_path: Path, make: Callable[[Path], Place], monkeypatch: pytest.MonkeyPatch
) -> None:
    place = make(tmp_path)
    break_off(place, "out.csv", monkeypatch)
    if make is make_sqlite:
        with sqlite3.connect("in.sqlite") as connection:
            connection.execute("DELETE FROM reports WHERE id = '00020'")
        connection.close()
    elif make is make_gzip:
        Path("in.csv.gz").write_bytes(gzip.compress(b"id,text\n1,a\n"))
    else:
        next(Path("in").iterdir()).unlink()
    with pytest.raises(InputError, match="the input is another one, or it has changed"):
        run(place, "out.csv", resume=True)


@pytest.mark.usefixtures("small")
def test_another_query_is_another_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = make_duckdb(tmp_path)
    break_off(place, "out.csv", monkeypatch)
    other = Place("in.duckdb", selection=Selection(query="SELECT * FROM reports"))
    with pytest.raises(
        InputError, match=r'the option query is "SELECT \* FROM reports" and was "SELECT \* FROM reports ORDER'
    ):
        run(other, "out.csv", resume=True)


@pytest.mark.usefixtures("small")
def test_manifest_of_a_database_holds_no_password(postgres_url: str) -> None:
    place = fill_postgres(postgres_url.replace("postgres:@", "postgres:s3cret@"))
    run(place, "out.csv")
    written = Path("out.csv.manifest.json").read_text()
    assert "s3cret" not in written
    told = json.loads(written)
    assert told["input"]["name"] == f"postgresql:///{postgres_url.partition('@/')[2].partition('?')[0]}"
    assert told["options"]["query"] == "SELECT id, text FROM reports ORDER BY id"


def test_password_is_no_part_of_what_a_database_is() -> None:
    one, other = (measure_input(f"postgresql://me:{word}@host/db") for word in ("a", "b"))
    assert one == other
    assert one != measure_input("postgresql://me:a@host/other")


@pytest.mark.parametrize("make", MAKERS)
def test_reports_are_read_one_by_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make: Callable[[Path], Place]
) -> None:
    monkeypatch.chdir(tmp_path)
    place = make(tmp_path)
    selection = {"table": place.selection.table, "query": place.selection.query}
    reports = marrowtext.read_reports(place.name, line=place.choice.line, **selection)
    assert [(report.id, report.text) for report in reports] == ROWS


def test_records_that_cannot_be_read_are_left_out_and_counted(tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_text("id,text\n1,a\n2,\n3,b\n" + "4,\n" * 9)
    with pytest.warns(UserWarning) as told:
        reports = list(marrowtext.read_reports(path))
    assert [report.id for report in reports] == ["1", "3"]
    assert str(told[0].message) == (
        f"{path}: 10 records could not be read: rows 2, 4, 5, 6, 7, …; open_reports gives the reasons"
    )
    assert [row.reason for row in marrowtext.open_reports(path)][:2] == [None, "the text is empty"]


def test_nothing_is_warned_of_where_all_is_read(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("id,text\n1,a\n")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(list(marrowtext.read_reports(tmp_path / "in.csv"))) == 1


def test_input_that_cannot_be_read_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file or folder"):
        marrowtext.read_reports(tmp_path / "none.csv")
