"""Reports to annotation tools and back: what holds for every format."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from copy import copy
from pathlib import Path
from typing import Any

import pandas
import pytest
from builders import Row, invent_id, make_row
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from marrowtext.annotate import FORMATS, Exchange, export_reports, import_reports, open_texts
from marrowtext.cli import app
from marrowtext.corpora import GOLD_COLUMNS, GoldReport, read_gold, write_gold
from marrowtext.errors import InputError
from marrowtext.headers import ColumnChoice
from marrowtext.rules import load_rules

HIP = Path(__file__).parents[1] / "corpora" / "hip"
RULES = load_rules()
each_format = pytest.mark.parametrize("name", FORMATS)

TEXTS = {
    "emoji": "🦴🩻 Report 👩🏽‍⚕️: marrow edema 🦴 in the talus, 𝟏𝟐 mm. Then marrow edema again.",
    "combining": "Ço\u0302te\u0301 gauche: e\u0301 marrow edema. नि: marrow edema\u0301 here.",
    "zwj": "a\u200db\u200c\ufeff👨‍👩‍👧‍👦 marrow\u00a0edema, \u200fmarrow edema\u200e of the talus.",
    "tabs": "\tFINDINGS:\tmarrow edema\tof the talus.\t\tmarrow\tedema.\t",
    "crlf": "FINDINGS:\r\nmarrow\r\nedema of the talus.\r\n\r\nIMPRESSION:\r\nmarrow edema.\r\n",
    "lone-cr": "FINDINGS:\rmarrow\redema.\rIMPRESSION: marrow edema\r",
    "mixed-ends": "\n\r\n\rmarrow \n\r\n edema.\x0b marrow\x0cedema, marrow\u2028edema\u0085\u2029 marrow edema",
    "markup": "<b>marrow edema</b> & \"T1 < T2\" 'x' [marrow edema|site=talus] {marrow} \\n \\u0041 $text",
}


def gold_row(text: str, start: int, end: int, **values: object) -> Row:
    """Make a gold row of a stretch of the text."""
    row = {"mention": text[start:end], "grade_system": None, **make_row(start, end), **values}
    return {column.name: row[column.name] for column in GOLD_COLUMNS}


def mark(text: str) -> tuple[Row, ...]:
    """Make two rows for each stretch that begins with "marrow", in two sections of the alphabet."""
    rows = []
    start = text.find("marrow")
    while start >= 0:
        end = min(len(text), start + 12)
        while text[end - 1] in "\r\n":
            end -= 1
        rows.append(gold_row(text, start, end, site="talus", laterality="left", severity="mild", size_mm=12.5))
        rows.append(gold_row(text, start, end, site="cuboid", zone="plantar", assertion="possible", subchondral=True))
        start = text.find("marrow", start + 1)
    return tuple(rows)


FULL = "Marrow edema of L4."
GOLD = [
    *(GoldReport(f"{name}", "us", text, mark(text)) for name, text in TEXTS.items()),
    GoldReport("ward/2/../a b.c", "us", "marrow edema.", mark("marrow edema.")),
    GoldReport("ward-2-a-b-c", "uk", "marrow edema!", mark("marrow edema!")),
    GoldReport("骨/1", "uk", "No mention.\r\n", ()),
    GoldReport(
        "every-column",
        "uk",
        FULL,
        (
            gold_row(
                FULL, 0, 12, section="impression", concept="modic_1", assertion="historical", change="decreased",
                site="vertebral_body", level="L4", zone="anterosuperior weight-bearing", laterality="bilateral",
                subchondral=True, pattern="degenerative", pattern_assertion="possible", severity="severe",
                extent="diffuse", acuity="subacute", size_mm=0.1, grade_system="Modic, \"modified\"",
                grade="1/2 = mixed",
            ),
        ),
    ),
]  # fmt: skip


def write_reports(folder: Path, gold: list[GoldReport]) -> Path:
    path = folder / "gold.jsonl"
    path.write_bytes(write_gold(gold).encode())
    return path


def export(reports: Path, out: Path, name: str, findings: Path | None = None) -> Exchange:
    """Export reports to a folder."""
    return export_reports(open_texts(reports, ColumnChoice()), "IN", FORMATS[name], out, RULES, findings)


def bring_back(source: Path, name: str, reports: Path | None = None, *, accept_unmarked: bool = True) -> Exchange:
    """Import what an export made."""
    reader = None if reports is None else open_texts(reports, ColumnChoice())
    return import_reports(source, FORMATS[name], RULES, reader, "IN", accept_unmarked=accept_unmarked)


@each_format
@pytest.mark.parametrize("report", GOLD, ids=[report.id for report in GOLD])
def test_gold_comes_back_as_it_was(report: GoldReport, name: str, tmp_path: Path) -> None:
    path = write_reports(tmp_path, [report])
    assert export(path, tmp_path / "out", name, path).errors == []
    back = bring_back(tmp_path / "out", name, path)
    assert (back.errors, back.reports) == ([], [report])


# Characters of one, two and four bytes, marks that combine or join, and all that may end a line.
LETTERS = st.sampled_from('aé\u0301\u200d\ufeff🦴👩🏽 \t\r\n\x0b\x85\u2028;\\"<&')


@each_format
@settings(max_examples=60, deadline=None)
@given(text=st.text(LETTERS, min_size=1, max_size=40), ends=st.lists(st.tuples(st.integers(0), st.integers(0))))
def test_any_spans_of_any_text_come_back(
    name: str, text: str, ends: list[tuple[int, int]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    assume(text.strip())
    spans = sorted({tuple(sorted((start % (len(text) + 1), end % (len(text) + 1)))) for start, end in ends})
    rows = [gold_row(text, start, end, zone=str(end)) for start, end in spans if text[start:end].strip("\r\n")]
    report = GoldReport("a", "us", text, tuple(row for row in rows if row["mention"] == row["mention"].strip("\r\n")))
    folder = tmp_path_factory.mktemp("any")
    path = write_reports(folder, [report])
    assert export(path, folder / "out", name, path).errors == []
    assert bring_back(folder / "out", name, path).reports == [report]


@each_format
def test_reports_keep_their_order_and_their_ids(name: str, tmp_path: Path) -> None:
    path = write_reports(tmp_path, GOLD)
    export(path, tmp_path / "out", name, path)
    assert bring_back(tmp_path / "out", name, path).reports == GOLD


@each_format
@pytest.mark.parametrize("corpus", ["hip", "probe12", "test2"])
def test_whole_corpus_comes_back_byte_for_byte(corpus: str, name: str, tmp_path: Path) -> None:
    folder = HIP.parent / corpus
    export(folder, tmp_path / "out", name, folder)
    back = bring_back(tmp_path / "out", name, folder)
    assert back.errors == []
    assert write_gold(back.reports) == (folder / "reports.jsonl").read_bytes().decode()


@each_format
def test_rows_of_a_findings_table_are_what_the_annotator_begins_with(name: str, tmp_path: Path) -> None:
    text = "There is 🦴 marrow edema in the talus."
    table = tmp_path / "findings.csv"
    row = gold_row(text, 11, 23, site="talus", size_mm=3.0)
    pandas.DataFrame([{"report_id": "a", "row": 1, **row}]).to_csv(table, index=False)
    reports = tmp_path / "in.csv"
    pandas.DataFrame({"id": ["a", "b"], "text": [text, "Nothing."]}).to_csv(reports, index=False)
    assert export(reports, tmp_path / "out", name, table).errors == []
    if name == "label-studio":
        # The rows are a suggestion: an annotator takes them over by submitting them.
        tasks = json.loads((tmp_path / "out" / "tasks.json").read_text())
        assert ["annotations" in task for task in tasks] == [False, False]
        for task in tasks:
            task["annotations"] = task.pop("predictions", [{"result": []}])
        (tmp_path / "out" / "tasks.json").write_text(json.dumps(tasks))
    back = bring_back(tmp_path / "out", name, reports)
    assert (back.errors, back.reports) == (
        [],
        [GoldReport("a", "unstated", text, (row,)), GoldReport("b", "unstated", "Nothing.", ())],
    )


@each_format
def test_blind_export_has_no_rows(name: str, tmp_path: Path) -> None:
    exchange = export(HIP, tmp_path / "out", name)
    assert (len(exchange.reports), exchange.rows) == (26, 0)
    assert not any("femoral_neck" in file.read_text() for file in (tmp_path / "out").glob("*.ann"))
    assert {report.hand for report in exchange.reports} == {report.hand for report in read_gold(HIP)}


@each_format
def test_report_that_cannot_be_annotated_is_an_error(name: str, tmp_path: Path) -> None:
    reports = tmp_path / "in.csv"
    reports.write_text('id,text\na,Marrow edema.\nb,\n,"  "\na,Again.\n')
    exchange = export(reports, tmp_path / "out", name)
    assert [report.id for report in exchange.reports] == ["a"]
    assert exchange.errors == [
        "IN: row 2: report b: the text is empty",
        f"IN: row 3: report {invent_id(3, reports)}: the text is empty",
        "IN: row 4: report a: an earlier report has this id; give every report its own",
    ]


def test_rows_that_do_not_fit_the_text_are_an_error(tmp_path: Path) -> None:
    table, reports = tmp_path / "findings.csv", tmp_path / "in.csv"
    row = {"report_id": "a", "row": 1, **gold_row("marrow edema", 0, 12)}
    pandas.DataFrame([row, {**row, "report_id": "c"}]).to_csv(table, index=False)
    reports.write_text("id,text\na,Bone marrow edema.\nb,Nothing.\n")
    exchange = export(reports, tmp_path / "out", "brat", table)
    assert [report.id for report in exchange.reports] == ["b"]
    assert exchange.errors == [
        f"IN: row 1: {table}: report a: row 1: mention: is not what stands in the text from start to end",
        f"{table}: report c: is not in IN; its rows are left out",
    ]


def test_table_without_the_columns_of_gold_is_refused(tmp_path: Path) -> None:
    table = tmp_path / "findings.csv"
    row = {"report_id": "a", **gold_row("marrow edema", 0, 12)}
    pandas.DataFrame([row]).drop(columns=["zone", "grade"]).to_csv(table, index=False)
    with pytest.raises(InputError, match=r"findings\.csv: has no column zone and no grade; give a findings table"):
        export(HIP, tmp_path / "out", "brat", table)
    assert not (tmp_path / "out").exists()


def test_gold_of_other_texts_is_an_error(tmp_path: Path) -> None:
    gold = write_reports(tmp_path, [GoldReport("a", "us", "Other.", ())])
    reports = tmp_path / "in.csv"
    reports.write_text("id,text\na,This.\nb,That.\n")
    exchange = export(reports, tmp_path / "out", "doccano", gold)
    assert exchange.errors == [
        "IN: row 1: report a: its text is not that of the gold; give the reports that the gold was made of",
        "IN: row 2: report b: has no gold; leave it out, or export it without --findings",
    ]
    assert not (tmp_path / "out").exists()


def test_annotations_are_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    export(HIP, tmp_path / "out", "brat")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(InputError, match=r"out: exists already, and annotations are never overwritten"):
        export(HIP, tmp_path / "out", "doccano")
    assert sorted(tmp_path.rglob("*")) == before


@each_format
def test_report_that_did_not_come_back_is_an_error(name: str, tmp_path: Path) -> None:
    one, two = write_reports(tmp_path, GOLD[:1]), tmp_path / "two.jsonl"
    two.write_text(write_gold([GoldReport("emoji", "us", "Other.", ()), *GOLD[1:2]]))
    export(one, tmp_path / "out", name, one)
    back = bring_back(tmp_path / "out", name, two)
    assert back.reports == []
    (first, second) = back.errors
    assert first.endswith(": report emoji: its text is not that in IN; give the reports that were exported")
    assert second == f"IN: row 2: report combining: did not come back in {tmp_path / 'out'}; annotate and export it"


@pytest.mark.parametrize(("name", "where"), [("brat", "2-quiet.ann"), ("doccano", "reports.jsonl: line 2")])
def test_report_without_any_annotation_is_an_error_unless_accepted(name: str, where: str, tmp_path: Path) -> None:
    quiet = GoldReport("quiet", "us", "No mention.", ())
    path = write_reports(tmp_path, [SPOILED, quiet])
    export(path, tmp_path / "out", name, path)
    back = bring_back(tmp_path / "out", name, path, accept_unmarked=False)
    assert (back.reports, back.unmarked) == ([SPOILED], 0)
    assert back.errors == [
        f"{tmp_path / 'out' / where}: report quiet: has no annotation; annotate it, or give --accept-unmarked where "
        "every report was read and those without annotations have no findings"
    ]
    back = bring_back(tmp_path / "out", name, path)
    assert (back.reports, back.errors, back.unmarked) == ([SPOILED, quiet], [], 1)


def test_submitted_annotation_without_regions_is_no_error(tmp_path: Path) -> None:
    quiet = GoldReport("quiet", "us", "No mention.", ())
    path = write_reports(tmp_path, [quiet])
    export(path, tmp_path / "out", "label-studio", path)
    back = bring_back(tmp_path / "out", "label-studio", path, accept_unmarked=False)
    assert (back.reports, back.errors, back.unmarked) == ([quiet], [], 0)


def test_export_that_nobody_annotated_makes_no_gold(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    reports, gold = tmp_path / "in.csv", tmp_path / "gold.jsonl"
    reports.write_text("id,text\na,Marrow edema.\nb,Nothing.\n")
    export(reports, tmp_path / "out", "brat")
    command = ("annotate", reports, "--import", tmp_path / "out", "--format", "brat", "-o", gold)
    assert run(*command) == 1
    assert capsys.readouterr().err.splitlines()[2:] == [
        "reports    0", "rows       0", "errors     2, with their reasons above",
        "nothing was written; no report went over",
    ]  # fmt: skip
    assert not gold.exists()
    assert run(*command, "--accept-unmarked") == 0
    assert capsys.readouterr().err.splitlines() == [
        "reports    2", "rows       0", "unmarked   2, taken as read", "errors     0", f"written    {gold}",
    ]  # fmt: skip


@each_format
def test_report_that_was_not_asked_for_is_an_error(name: str, tmp_path: Path) -> None:
    path = write_reports(tmp_path, GOLD[:2])
    export(path, tmp_path / "out", name, path)
    write_reports(tmp_path, GOLD[:1])
    (error,) = bring_back(tmp_path / "out", name, path).errors
    assert error.endswith(": report combining: is not in IN; give the reports that were exported")


@each_format
def test_unknown_site_is_an_error(name: str, tmp_path: Path) -> None:
    path = write_reports(tmp_path, GOLD[-1:])
    export(path, tmp_path / "out", name, path)
    for file in (tmp_path / "out").iterdir():
        file.write_text(file.read_text().replace("vertebral_body", "wishbone"))
    back = bring_back(tmp_path / "out", name)
    assert back.reports == []
    (error,) = back.errors
    assert error.endswith(": report every-column: row 1: site: is not in the list of sites; mend it in the tool")


@each_format
def test_text_that_was_changed_is_an_error(name: str, tmp_path: Path) -> None:
    path = write_reports(tmp_path, GOLD[-1:])
    export(path, tmp_path / "out", name, path)
    for file in (tmp_path / "out").iterdir():
        file.write_text(file.read_text().replace("of L4.", "of L5."))
    back = bring_back(tmp_path / "out", name)
    assert back.reports == []
    assert "was exported" in back.errors[0] and "L5" not in back.errors[0]


@each_format
def test_value_that_is_none_of_its_column_is_an_error(name: str, tmp_path: Path) -> None:
    path = write_reports(tmp_path, GOLD[-1:])
    export(path, tmp_path / "out", name, path)
    for file in (tmp_path / "out").iterdir():
        file.write_text(file.read_text().replace("historical", "Wolpertinger"))
    (error,) = bring_back(tmp_path / "out", name).errors
    assert "has an unknown assertion; use one of present, absent, possible, hypothetical, historical" in error
    assert "Wolpertinger" not in error


JUNK: tuple[object, ...] = (None, True, -1, 1e400, "", "Wolpertinger", "\ud800", [], [[]], [None], {}, {"id": []})


def spoil(value: Any) -> Iterator[Any]:
    """Give the value with each part of it taken away, or put to something else."""
    yield from JUNK
    for key in value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        for part in spoil(value[key]):
            spoiled = copy(value)
            spoiled[key] = part
            yield spoiled
        rest = copy(value)
        del rest[key]
        yield rest


def import_spoiled(source: Path, name: str, contents: Iterable[str]) -> list[Exchange]:
    """Import a file with each of these contents; one that is refused as a whole is no exchange."""
    exchanges = []
    for content in contents:
        source.write_bytes(content.encode())
        try:
            exchanges.append(bring_back(source if name != "brat" else source.parent, name))
        except InputError as error:
            assert "Wolpertinger" not in str(error)
    return exchanges


def check_spoiled(exchanges: Sequence[Exchange]) -> None:
    for exchange in exchanges:
        assert len(exchange.reports) + len(exchange.errors) == 1
        assert "Wolpertinger" not in "".join(exchange.errors).replace("report Wolpertinger:", "")
        write_gold(exchange.reports).encode()
    assert sum(len(exchange.errors) for exchange in exchanges) > len(exchanges) / 2


SPOILED = GoldReport("a", "us", "marrow edema", mark("marrow edema"))


@pytest.mark.parametrize(("name", "file"), [("label-studio", "tasks.json"), ("doccano", "reports.jsonl")])
def test_spoiled_json_is_an_error_with_a_reason(name: str, file: str, tmp_path: Path) -> None:
    path = write_reports(tmp_path, [SPOILED])
    export(path, tmp_path / "out", name, path)
    source = tmp_path / "out" / file
    record = json.loads(source.read_text())
    # One report on its line, or in the list of tasks.
    spoiled = spoil(record) if name == "doccano" else ([task] for task in spoil(record[0]))
    check_spoiled(import_spoiled(source, name, map(json.dumps, spoiled)))


def test_spoiled_standoff_is_an_error_with_a_reason(tmp_path: Path) -> None:
    path = write_reports(tmp_path, [SPOILED])
    export(path, tmp_path / "out", "brat", path)
    (source,) = (tmp_path / "out").glob("*.ann")
    words = re.split(r"([\t\n ;=:])", source.read_text())
    spoiled = (
        "".join((*words[:at], junk, *words[at + 1 :])) for at in range(len(words)) for junk in ("", "Wolpertinger")
    )
    check_spoiled(import_spoiled(source, "brat", spoiled))


def run(*arguments: object) -> int:
    with pytest.raises(SystemExit) as stop:
        app([str(argument) for argument in arguments])
    return int(stop.value.code or 0)


def test_command_exports_and_imports(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, gold = tmp_path / "out", tmp_path / "back.jsonl"
    assert run("annotate", HIP, "--export", out, "--format", "brat", "--findings", HIP) == 0
    assert capsys.readouterr().err.splitlines()[1:] == [
        "reports    26", "rows       119", "errors     0", f"written    {out}/",
    ]  # fmt: skip
    (out / "01-hip-001.ann").unlink()
    assert run("annotate", HIP, "--import", out, "--format", "brat", "-o", gold, "--accept-unmarked") == 0
    told = capsys.readouterr().err.splitlines()
    assert told[0].startswith(f"{out / '01-hip-001.ann'}: report hip-001: ")
    assert told[1:] == [
        "reports    25", "rows       113", "unmarked   6, taken as read", "errors     1, with their reasons above",
        f"written    {gold}",
    ]  # fmt: skip
    assert read_gold(gold) == read_gold(HIP)[1:]


def test_command_that_brings_nothing_back_writes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "tasks.json").write_text('[{"data": {"report_id": "a"}}]')
    gold = tmp_path / "gold.jsonl"
    assert run("annotate", "--import", tmp_path / "tasks.json", "--format", "label-studio", "-o", gold) == 1
    assert capsys.readouterr().err.splitlines()[-1] == "nothing was written; no report went over"
    assert not gold.exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--format", "brat"], "give either --export, a folder to write, or --import, what comes back from the tool"),
        (["--format", "conll", "--export", "x"], "--format: is not known; use one of label-studio, brat, doccano"),
        (["--format", "brat", "--export", "x"], "--export needs REPORTS, and takes neither -o, nor --force, nor --acc"),
        (["--format", "brat", "--import", "x"], "--import needs -o, the gold to write, and takes no --findings"),
        (["--format", "brat", "--import", "x", "-o", "x.csv"], "x.csv: gold reports are .jsonl; name such a file"),
        (["--format", "brat", "--import", "x", "-o", "x.jsonl"], "x: is no folder; name the folder that was exported"),
    ],
)
def test_command_that_is_wrong(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("annotate", *arguments) == 2
    assert f"marrowtext: {message}" in capsys.readouterr().err
