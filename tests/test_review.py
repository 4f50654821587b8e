"""Review: the page that is written, what is refused, and the way back from exported work."""

from __future__ import annotations

import base64
import csv
import dataclasses
import errno
import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from builders import make_finding

from marrowtext.cli import app
from marrowtext.columns import finding_row
from marrowtext.corpora import GOLD_COLUMNS, read_gold, write_gold
from marrowtext.errors import InputError
from marrowtext.headers import ColumnChoice
from marrowtext.model import Report
from marrowtext.pipeline import Pipeline
from marrowtext.review import material
from marrowtext.review.carry import carry_work
from marrowtext.review.decisions import load_work, make_gold, score
from marrowtext.review.marks import mark_report
from marrowtext.review.material import Material, gather
from marrowtext.review.page import make_page
from marrowtext.review.phrases import find_phrases

CANARY = "Wolpertinger"
TALUS = "\N{BONE} No fracture. There is marrow edema in the left talus. The cuboid glows."
HOSTILE = "</script><script>alert(1)</script><!-- <script> {{ 7 * 7 }} \u2028 & Marrow edema in the patella."
REPORTS = [("a", TALUS), ("b", HOSTILE), ("c", "Normal study.")]

pytestmark = pytest.mark.usefixtures("inline")


@dataclass(frozen=True, slots=True)
class Result:
    """What a command came to."""

    code: int
    out: str
    err: str


Run = Callable[..., Result]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command in this process and in the folder of the test."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: object) -> Result:
        with pytest.raises(SystemExit) as left:
            app(list(map(str, arguments)))
        captured = capsys.readouterr()
        return Result(int(left.value.code or 0), captured.out, captured.err)

    return run


def write_reports(path: Path, rows: list[tuple[str, str]] = REPORTS) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(["id", "text"])
        table.writerows(rows)
    return path


@pytest.fixture
def inputs(run: Run, tmp_path: Path) -> Path:
    """A folder with reports.csv and the findings.csv of a run on them."""
    write_reports(tmp_path / "reports.csv")
    assert run("extract", "reports.csv", "-o", "findings.csv").code == 0
    return tmp_path


def collect(folder: Path, **options: Any) -> Material:
    return gather(folder / "findings.csv", folder / "reports.csv", ColumnChoice(), **options)


def test_reports_below_a_title_are_gathered_as_the_run_read_them(run: Run, tmp_path: Path) -> None:
    write_reports(tmp_path / "in.csv")
    (tmp_path / "reports.csv").write_text("MRI export\n" + (tmp_path / "in.csv").read_text())
    assert run("extract", "reports.csv", "-o", "findings.csv", "--header-row", 2).code == 0
    assert [one.report.id for one in collect(tmp_path).content] == [id for id, _ in REPORTS]


class Scripts(HTMLParser):
    """The contents of the script and style elements of a page, as a browser cuts them, and all addresses in it."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.contents: list[tuple[str, dict[str, str | None], str]] = []
        self.addresses: list[str] = []
        self.policy = ""
        self._within = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.addresses += [str(values[name]) for name in ("src", "href", "action", "data") if name in values]
        if values.get("http-equiv") == "Content-Security-Policy":
            self.policy = str(values["content"])
        if tag in ("script", "style"):
            self.contents.append((tag, values, ""))
            self._within = True

    def handle_endtag(self, _tag: str) -> None:
        self._within = False

    def handle_data(self, data: str) -> None:
        if self._within:
            tag, values, before = self.contents[-1]
            self.contents[-1] = (tag, values, before + data)

    def data(self) -> dict[str, Any]:
        return json.loads(next(content for _, values, content in self.contents if values.get("id") == "data"))


# The page


def test_page_holds_the_reports_as_they_are(inputs: Path, pipeline: Pipeline) -> None:
    page = Scripts(make_page(collect(inputs), pipeline).html)
    assert [report["text"] for report in page.data()["reports"]] == [text for _, text in REPORTS]
    assert [tag for tag, _, _ in page.contents] == ["style", "script", "script"]


def test_embedded_data_holds_no_sign_that_could_end_or_open_markup(inputs: Path, pipeline: Pipeline) -> None:
    page = Scripts(make_page(collect(inputs), pipeline).html)
    (content,) = [content for _, values, content in page.contents if values.get("id") == "data"]
    assert re.search(r"[<>&\u2028\u2029]", content) is None
    assert content.isascii()


def test_policy_allows_this_script_and_this_style_alone(inputs: Path, pipeline: Pipeline) -> None:
    page = Scripts(make_page(collect(inputs), pipeline).html)
    hashes = {
        tag: base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        for tag, values, content in page.contents
        if "type" not in values
    }
    assert page.policy == (
        f"default-src 'none'; script-src 'sha256-{hashes['script']}'; style-src 'sha256-{hashes['style']}'; "
        "base-uri 'none'; form-action 'none'"
    )


def test_page_names_nothing_from_elsewhere(inputs: Path, pipeline: Pipeline) -> None:
    page = Scripts(make_page(collect(inputs), pipeline).html)
    assert page.addresses == ["#report"]
    assert not [
        content for _, _, content in page.contents if re.search(r"https?:|url\(|@import|\bimport\b *\(", content)
    ]


def test_names_of_files_are_escaped(inputs: Path, pipeline: Pipeline) -> None:
    name = "<b>findings.csv"
    (inputs / "findings.csv").rename(inputs / name)
    page = make_page(gather(inputs / name, inputs / "reports.csv", ColumnChoice()), pipeline).html
    assert "<b>findings" not in page
    assert "<title>Review of &lt;b&gt;findings.csv</title>" in page


def test_rows_and_marks_of_a_report(inputs: Path, pipeline: Pipeline) -> None:
    data = Scripts(make_page(collect(inputs), pipeline).html).data()
    report = data["reports"][0]
    ((cells, rules, evidence),) = report["rows"]
    row = dict(zip(data["rowFields"], cells, strict=True))
    start = TALUS.index("marrow edema")
    assert (row["start"], row["end"], row["site"], row["laterality"]) == (start, start + 12, "talus", "left")
    assert [data["ruleNames"][rule][0] for rule in rules] == ["edema.marrow", "site.talus", "side.left"]
    marks = [(TALUS[begin:end], kind) for begin, end, kind, _ in (report["marks"][mark] for mark in evidence)]
    assert marks == [("marrow edema", "mention"), ("left", "side"), ("talus", "site")]
    assert (report["status"], report["conflict"], report["explained"]) == ("present", False, True)


def test_blind_page_holds_no_row_and_no_mark(inputs: Path, pipeline: Pipeline) -> None:
    page = make_page(collect(inputs), pipeline, blind=True)
    assert page.rows == 0
    assert [set(report) for report in Scripts(page.html).data()["reports"]] == [
        {"row", "id", "title", "text", "reason"}
    ] * 3


def test_reports_of_other_rows_are_marked_by_their_table_alone(inputs: Path, pipeline: Pipeline) -> None:
    table = inputs / "findings.csv"
    table.write_text(table.read_text(encoding="utf-8").replace(",left,", ",right,"), encoding="utf-8")
    found = collect(inputs)
    page = make_page(found, pipeline)
    assert page.unexplained == 1
    marked = mark_report(found.content[0], pipeline, found.names)
    assert [(mark.kind, TALUS[mark.start : mark.end]) for mark in marked.marks] == [("mention", "marrow edema")]
    assert marked.evidence == ((0,),)


def test_words_of_the_pattern_are_marked_where_they_are_nearest(pipeline: Pipeline) -> None:
    text = "Fracture of the rib. Marrow edema of the talus, around a fracture."
    start = text.index("Marrow")
    finding = make_finding(
        site="talus", report_id="1", mention="Marrow edema", start=start, end=start + 12, pattern="traumatic",
        pattern_evidence="fracture", sentence=text[start:],
    )  # fmt: skip
    report = material.ReviewedReport(1, Report("1", text), None, (finding_row(finding),))
    marked = mark_report(report, pipeline, ["start", "end", "site", "rules"])
    assert [(mark.start, mark.kind) for mark in marked.marks] == [
        (start, "mention"),
        (text.rindex("fracture"), "cause"),
    ]


def test_report_that_the_rules_fail_on_is_shown_all_the_same(
    inputs: Path, pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object, report: Report) -> None:
        raise ValueError(report.text)

    monkeypatch.setattr(Pipeline, "read", fail)
    page = make_page(collect(inputs), pipeline)
    assert (page.reports, page.rows, page.unexplained) == (3, 2, 2)


def test_site_that_the_rules_do_not_have_is_told(inputs: Path, pipeline: Pipeline) -> None:
    table = inputs / "findings.csv"
    table.write_text(table.read_text(encoding="utf-8").replace(",talus,", ",moon,", 1), encoding="utf-8")
    with pytest.raises(
        InputError, match=r"findings\.csv: report a: finding 1: site: is not in the list of sites; give"
    ):
        make_page(collect(inputs), pipeline)


# The inputs


@pytest.mark.parametrize("kind", [".csv", ".jsonl", ".parquet"])
def test_every_kind_of_table_gives_the_same_rows(run: Run, inputs: Path, kind: str) -> None:
    run("extract", "reports.csv", "-o", f"other{kind}")
    other = gather(inputs / f"other{kind}", inputs / "reports.csv", ColumnChoice())
    assert [report.findings for report in other.content] == [report.findings for report in collect(inputs).content]


def test_columns_of_the_run_are_taken_from_its_manifest(run: Run, tmp_path: Path) -> None:
    (tmp_path / "parts.csv").write_text("nr,story,impression\n7,Edema.,There is marrow edema in the talus.\n")
    parts = ("--text-column", "story", "--text-column", "impression", "--id-column", "nr")
    assert run("extract", "parts.csv", "-o", "findings.csv", *parts).code == 0
    (report,) = gather(tmp_path / "findings.csv", tmp_path / "parts.csv", ColumnChoice()).content
    assert (report.id, report.text) == ("7", "STORY:\nEdema.\n\nIMPRESSION:\nThere is marrow edema in the talus.")
    assert [row["site"] for row in report.findings] == ["talus"]


def test_columns_of_the_exam_are_read_as_in_the_run(run: Run, tmp_path: Path, pipeline: Pipeline) -> None:
    (tmp_path / "reports.csv").write_text("id,side,text\n1,L,There is marrow edema in the talus.\n")
    assert run("extract", "reports.csv", "-o", "findings.csv").code == 0
    page = make_page(collect(tmp_path), pipeline)
    assert (page.rows, page.unexplained) == (1, 0)


def test_report_that_the_run_could_not_read_has_its_reason(run: Run, tmp_path: Path, pipeline: Pipeline) -> None:
    write_reports(tmp_path / "reports.csv", [("a", TALUS), ("b", "")])
    run("extract", "reports.csv", "-o", "findings.csv")
    data = Scripts(make_page(collect(tmp_path), pipeline).html).data()
    assert [(one["status"], one["reason"]) for one in data["reports"]] == [
        ("present", None),
        ("error", "the text is empty"),
    ]


def test_folder_of_texts_is_read_as_extract_reads_it(run: Run, tmp_path: Path) -> None:
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "x.txt").write_text(TALUS, encoding="utf-8")
    assert run("extract", "texts", "-o", "findings.csv").code == 0
    (report,) = gather(tmp_path / "findings.csv", tmp_path / "texts", ColumnChoice()).content
    assert (report.id, [row["site"] for row in report.findings]) == ("x", ["talus"])


def test_two_reports_with_one_id_keep_their_own_rows(run: Run, tmp_path: Path) -> None:
    write_reports(tmp_path / "reports.csv", [("a", TALUS), ("a", "Marrow edema of the patella.")])
    run("extract", "reports.csv", "-o", "findings.csv")
    assert [[row["site"] for row in report.findings] for report in collect(tmp_path).content] == [
        ["talus"],
        ["patella"],
    ]


def test_table_without_row_numbers_needs_ids_of_their_own(run: Run, tmp_path: Path) -> None:
    write_reports(tmp_path / "reports.csv", [("a", TALUS), ("a", TALUS)])
    run("extract", "reports.csv", "-o", "findings.csv")
    table = (tmp_path / "findings.csv").read_text(encoding="utf-8")
    (tmp_path / "findings.csv").write_text(re.sub(r",(row|\d)$", "", table, flags=re.M), encoding="utf-8")
    with pytest.raises(InputError, match=r"row 1: report_id: 2 reports of .*reports\.csv have this id"):
        collect(tmp_path)


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (
            [("a", "Other words, of the same length or not at all."), *REPORTS[1:]],
            "row 1: start and end 24, 36 do not hold",
        ),
        (REPORTS[:1], "row 2: is of a report that is not in"),
        ([("x", TALUS), *REPORTS[1:]], "row 1: is of row 1 of .* which has another id"),
    ],
)
def test_reports_that_are_not_those_of_the_table_are_refused(
    inputs: Path, rows: list[tuple[str, str]], told: str
) -> None:
    write_reports(inputs / "reports.csv", rows)
    with pytest.raises(InputError, match=told) as error:
        collect(inputs)
    assert "words" not in str(error.value)


def test_reports_that_changed_are_told_of(run: Run, inputs: Path) -> None:
    write_reports(inputs / "reports.csv", [*REPORTS, ("d", "Normal.")])
    result = run("review", "findings.csv", "reports.csv", "-o", "page.html")
    assert result.code == 0
    assert "reports.csv: is not what findings.csv was made from" in result.err


def test_table_without_a_needed_column_is_refused(inputs: Path) -> None:
    (inputs / "findings.csv").write_text("report_id,start,end\n")
    with pytest.raises(InputError, match=r"findings\.csv: has no column finding and no section"):
        collect(inputs)


def test_finding_that_comes_twice_is_refused(inputs: Path) -> None:
    table = inputs / "findings.csv"
    lines = table.read_text(encoding="utf-8").split("\n")
    table.write_text("\n".join([*lines[:2], *lines[1:]]), encoding="utf-8")
    with pytest.raises(InputError, match="row 2: finding: the report has a row 1 already"):
        collect(inputs)


def test_more_reports_than_a_page_holds_are_refused(inputs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(material, "MOST_REPORTS", 2)
    with pytest.raises(InputError, match="has more than 2 reports, the most that a page holds; draw some"):
        collect(inputs)


def test_sample_is_drawn_the_same_each_time_and_keeps_the_order(run: Run, tmp_path: Path) -> None:
    write_reports(tmp_path / "reports.csv", [(str(number), TALUS) for number in range(40)])
    run("extract", "reports.csv", "-o", "findings.csv")
    drawn = [report.number for report in collect(tmp_path, sample=10).content]
    assert drawn == [report.number for report in collect(tmp_path, sample=10).content]
    assert len(drawn) == 10
    assert drawn == sorted(drawn) != list(range(1, 11))
    assert set(drawn) < {report.number for report in collect(tmp_path, sample=20).content}


# The command


def test_command_writes_the_page_and_tells_what_is_in_it(run: Run, inputs: Path) -> None:
    result = run("review", "findings.csv", "reports.csv", "-o", "page.html")
    assert (result.code, result.out) == (0, "")
    assert result.err == (
        "reports    3\n"
        "rows       2\n"
        "written    page.html, which holds the text of the reports: keep it as you keep them\n"
    )
    assert (inputs / "page.html").read_text(encoding="utf-8").startswith("<!doctype html>\n")


def test_page_is_not_overwritten_without_force(run: Run, inputs: Path) -> None:
    (inputs / "page.html").write_text("mine")
    result = run("review", "findings.csv", "reports.csv", "-o", "page.html")
    assert (result.code, (inputs / "page.html").read_text()) == (2, "mine")
    assert run("review", "findings.csv", "reports.csv", "-o", "page.html", "--force").code == 0


def test_page_that_cannot_be_written_leaves_nothing(run: Run, inputs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr("os.fsync", fail)
    before = set(inputs.iterdir())
    result = run("review", "findings.csv", "reports.csv", "-o", "page.html")
    assert result.code == 2
    assert "page.html: cannot be written (No space left on device)" in result.err
    assert set(inputs.iterdir()) == before


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["findings.csv", "reports.csv"], "name the page to write, as in -o review.html"),
        (["findings.csv", "-o", "page.html"], "give the findings table and the reports it was made from"),
        (
            ["findings.csv", "reports.csv", "-o", "page.csv"],
            "page.csv: the page is HTML; give its name the ending .html",
        ),
        (["findings.csv", "none.csv", "-o", "page.html"], "none.csv: cannot be read (No such file or directory)"),
        (["findings.csv", "reports.csv", "-o", "page.html", "--hand", "x"], "--hand is of the way back"),
        (["--import", "work.json", "--blind"], "--sample and --blind are of a page"),
        (["--import", "work.json"], "work.json: cannot be read (No such file or directory); check the path"),
        (["--import", "work.json", "-o", "gold.csv"], "gold.csv: gold reports are JSON Lines"),
    ],
)
def test_wrong_command_is_told(run: Run, inputs: Path, arguments: list[str], told: str) -> None:
    result = run("review", *arguments)
    assert result.code == 2
    assert told in result.err
    assert not (inputs / "page.html").exists()


def test_rules_that_are_not_those_of_the_run_are_told_of(run: Run, inputs: Path) -> None:
    table = inputs / "findings.csv"
    table.write_text(table.read_text(encoding="utf-8").replace(",left,", ",right,"), encoding="utf-8")
    manifest = inputs / "findings.csv.manifest.json"
    manifest.write_text(re.sub(r'"rules": "\w+"', '"rules": "other"', manifest.read_text()))
    result = run("review", "findings.csv", "reports.csv", "-o", "page.html")
    assert "in 1 reports the rules now give other rows; the rules are not those of the run" in result.err


# The way back


def values_of(folder: Path, **others: object) -> dict[str, object]:
    """Give the values of the row of report a, as the page exports them, with others in their place."""
    row = collect(folder).content[0].findings[0]
    return {name.name: row[name.name] for name in GOLD_COLUMNS if name.name != "mention"} | others


def write_work(folder: Path, *reports: dict[str, object], blind: bool = False, **others: object) -> Path:
    """Write a file as the page exports it."""
    work = {
        "format": "marrowtext review",
        "version": 1,
        "key": collect(folder).key(blind=blind),
        "blind": blind,
        "sources": {"findings": "findings.csv", "reports": "reports.csv"},
        "columns": {"text": ["text"], "id": "id", "title": None},
        "marrowtext": "0.1.0",
        "rules": "x",
        "exported": "2026-01-01T00:00:00.000Z",
        "reports": reports,
        **others,
    }
    path = folder / "work.json"
    path.write_text(json.dumps(work), encoding="utf-8")
    return path


def reviewed(row: int, id: str, *findings: dict[str, object], **others: object) -> dict[str, object]:
    return {"row": row, "report_id": id, "done": True, "note": "", "findings": findings, "added": [], **others}


def decision(decision: str | None, values: object = None, finding: int = 1) -> dict[str, object]:
    return {"finding": finding, "decision": decision, "values": values, "note": ""}


def import_rows(
    folder: Path, pipeline: Pipeline, *reports: dict[str, object], **others: Any
) -> list[list[dict[str, Any]]]:
    path = write_work(folder, *reports, **others)
    gold = make_gold(path, load_work(path), collect(folder), pipeline.rules, hand="ours")
    return [[dict(row) for row in report.findings] for report in gold.reports]


def test_accepted_row_is_gold_as_it_is(inputs: Path, pipeline: Pipeline) -> None:
    ((row,),) = import_rows(inputs, pipeline, reviewed(1, "a", decision("accepted")))
    assert row == {"mention": "marrow edema", **values_of(inputs)}
    assert list(row) == [column.name for column in GOLD_COLUMNS]


def test_corrected_row_has_the_values_of_the_reader_and_the_words_at_its_place(
    inputs: Path, pipeline: Pipeline
) -> None:
    values = values_of(inputs, start=TALUS.index("edema"), site="cuboid", size_mm=12)
    ((row,),) = import_rows(inputs, pipeline, reviewed(1, "a", decision("corrected", values)))
    assert (row["mention"], row["site"], row["size_mm"]) == ("edema", "cuboid", 12.0)
    assert type(row["size_mm"]) is float


def test_rejected_row_is_gone_and_added_row_is_in_text_order(inputs: Path, pipeline: Pipeline) -> None:
    late = TALUS.index("glows")
    added = [
        {"values": values_of(inputs, start=late, end=late + 5, site="cuboid"), "note": ""},
        {"values": values_of(inputs, start=2, end=4, site=None), "note": "?"},
    ]
    ((first, second),) = import_rows(inputs, pipeline, reviewed(1, "a", decision("rejected"), added=added))
    assert (first["mention"], second["mention"], second["site"]) == ("No", "glows", "cuboid")


def test_report_that_is_not_done_makes_no_gold(inputs: Path, pipeline: Pipeline) -> None:
    path = write_work(inputs, reviewed(1, "a", done=False), reviewed(3, "c"))
    gold = make_gold(path, load_work(path), collect(inputs), pipeline.rules, hand="ours")
    assert ([report.id for report in gold.reports], gold.open) == (["c"], 1)


def test_report_that_could_not_be_read_makes_no_gold(run: Run, tmp_path: Path, pipeline: Pipeline) -> None:
    write_reports(tmp_path / "reports.csv", [("a", ""), ("b", "Normal study.")])
    run("extract", "reports.csv", "-o", "findings.csv")
    path = write_work(tmp_path, reviewed(1, "a"), reviewed(2, "b"))
    gold = make_gold(path, load_work(path), collect(tmp_path), pipeline.rules, hand="ours")
    assert ([report.id for report in gold.reports], gold.open) == (["b"], 0)


def test_blind_work_is_gold_of_the_added_rows_alone(inputs: Path, pipeline: Pipeline) -> None:
    added = [{"values": values_of(inputs, site="cuboid"), "note": ""}]
    ((row,),) = import_rows(inputs, pipeline, reviewed(1, "a", added=added), blind=True)
    assert row["site"] == "cuboid"
    path = inputs / "work.json"
    gold = make_gold(path, load_work(path), collect(inputs), pipeline.rules, hand="ours")
    assert [error.kind for error in score(gold).errors] == ["site"]


def test_gold_is_written_as_a_corpus_reads_it(inputs: Path, pipeline: Pipeline) -> None:
    path = write_work(inputs, reviewed(1, "a", decision("accepted")), reviewed(3, "c"))
    gold = make_gold(path, load_work(path), collect(inputs), pipeline.rules, hand="ours")
    (inputs / "gold.jsonl").write_text(write_gold(gold.reports), encoding="utf-8")
    assert read_gold(inputs / "gold.jsonl") == gold.reports
    assert [(report.id, report.hand, report.text) for report in gold.reports] == [
        ("a", "ours", TALUS),
        ("c", "ours", "Normal study."),
    ]


def test_two_reports_with_one_id_get_ids_of_their_own(run: Run, tmp_path: Path, pipeline: Pipeline) -> None:
    write_reports(tmp_path / "reports.csv", [("a", TALUS), ("a", "Marrow edema of the patella.")])
    run("extract", "reports.csv", "-o", "findings.csv")
    work = [reviewed(number, "a", decision("accepted")) for number in (1, 2)]
    path = write_work(tmp_path, *work)
    gold = make_gold(path, load_work(path), collect(tmp_path), pipeline.rules, hand="ours")
    assert [report.id for report in gold.reports] == ["a row 1", "a row 2"]
    assert score(gold).errors == ()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"site": "moon"}, r"report a: row 1: site: is not in the list of sites; mend it on the page"),
        ({"assertion": "maybe"}, r"report a: row 1: assertion: must be one of present, absent"),
        ({"pattern": "traumatic"}, r"report a: row 1: pattern_assertion: must be null if and only if"),
        ({"end": 999}, r"report a: finding 1: start and end do not lie in the report"),
        ({"start": True}, r"report a: finding 1: start and end do not lie in the report"),
        ({"colour": "red"}, r"report a: finding 1: has not exactly the columns of a gold row"),
        ({"level": "banana"}, r"report a: row 1: level: must be a vertebra or a range of them, such as L4 or "),
        ({"level": "8"}, r"report a: row 1: level: must be a vertebra: its site has no numbers"),
        ({"site": "rib", "level": "L4"}, r"report a: row 1: level: must be the number of the bone, as its site is "),
        ({"site": "constructor"}, r"report a: row 1: site: is not in the list of sites"),
        ({"size_mm": -1.0}, r"report a: row 1: size_mm: must be a number above 0"),
        ({"zone": " dorsal"}, r"report a: row 1: zone: must be words with single spaces"),
    ],
)
def test_value_that_cannot_be_is_refused(
    inputs: Path, pipeline: Pipeline, change: dict[str, object], told: str
) -> None:
    with pytest.raises(InputError, match=r"work\.json: " + told) as error:
        import_rows(inputs, pipeline, reviewed(1, "a", decision("corrected", values_of(inputs, **change))))
    assert "talus" not in str(error.value)


@pytest.mark.parametrize(
    ("report", "told"),
    [
        (reviewed(1, "a"), "report a: is done, but its finding 1 is not decided; decide it on the page"),
        (reviewed(1, "a", decision(None)), "report a: is done, but its finding 1 is not decided"),
        (reviewed(1, "a", decision("accepted"), decision("accepted", None, 9)), "report a: the table has no finding 9"),
        (reviewed(2, "a"), "report a: is not row 2 of the reports"),
    ],
)
def test_work_that_does_not_fit_the_table_is_refused(
    inputs: Path, pipeline: Pipeline, report: dict[str, object], told: str
) -> None:
    with pytest.raises(InputError, match=told):
        import_rows(inputs, pipeline, report)


def test_work_on_other_inputs_is_refused(inputs: Path, pipeline: Pipeline) -> None:
    path = write_work(inputs, reviewed(3, "c"), key="other")
    with pytest.raises(InputError, match=r"work\.json: was made from other inputs than .*findings\.csv and"):
        make_gold(path, load_work(path), collect(inputs), pipeline.rules, hand="ours")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("{", "is not JSON; give the file that the page exports"),
        ("[]", "is not the work of a review"),
        ('{"format": "marrowtext review", "version": 2}', "is of another version of the page"),
        ('{"format": "marrowtext review", "version": 1}', "key: Field required"),
    ],
)
def test_file_that_is_no_work_is_refused(tmp_path: Path, content: str, told: str) -> None:
    (tmp_path / "work.json").write_text(content)
    with pytest.raises(InputError, match=f"work\\.json: {told}"):
        load_work(tmp_path / "work.json")


def test_phrases_that_no_rule_covers_come_by_frequency(run: Run, tmp_path: Path, pipeline: Pipeline) -> None:
    text = "The marrow glows. The marrow  GLOWS. Muscle edema. A dark talus shines."
    write_reports(tmp_path / "reports.csv", [("a", text)])
    run("extract", "reports.csv", "-o", "findings.csv")
    places = [match.span() for match in re.finditer(r"(?i)marrow +glows|muscle edema|shines", text)]
    plain = {column.name: None for column in GOLD_COLUMNS if column.name != "mention"}
    plain |= {"section": "findings", "concept": "edema", "assertion": "present", "pattern": "unspecified"}
    plain["subchondral"] = False
    added = [{"values": {**plain, "start": start, "end": end}, "note": ""} for start, end in places]
    path = write_work(tmp_path, reviewed(1, "a", added=added))
    gold = make_gold(path, load_work(path), collect(tmp_path), pipeline.rules, hand="ours")
    assert [phrase.row() for phrase in find_phrases(gold.reports, pipeline)] == [
        {"phrase": "marrow glows", "count": 2, "reports": 1, "concept": "edema", "report_ids": "a"},
        {"phrase": "shines", "count": 1, "reports": 1, "concept": "edema", "report_ids": "a"},
    ]


def test_import_writes_gold_figures_disagreements_and_phrases(run: Run, inputs: Path) -> None:
    late = TALUS.index("glows")
    added = [{"values": values_of(inputs, start=late, end=late + 5, site="cuboid", laterality=None), "note": ""}]
    write_work(inputs, reviewed(1, "a", decision("accepted"), added=added), reviewed(2, "b", done=False))
    result = run(
        "review", "--import", "work.json", "-o", "gold.jsonl", "--errors", "errors.md", "--phrases", "phrases.csv"
    )  # fmt: skip
    assert result.code == 0
    assert re.search(r"\| row +\| site, side and assertion \| F1 +\| 1 +\| 2 +\| 1 +\| 0\.667", result.out)
    assert result.err == (
        "reports    1 done, 1 begun and left out\n"
        "  accepted       1\n  corrected      0\n  rejected       0\n  added          1\n"
        "written    gold.jsonl, errors.md, phrases.csv\n"
    )
    assert len(read_gold(inputs / "gold.jsonl")[0].findings) == 2
    assert "## missed mention (1)" in (inputs / "errors.md").read_text(encoding="utf-8")
    assert (inputs / "phrases.csv").read_text() == "phrase,count,reports,concept,report_ids\nglows,1,1,edema,a\n"


def test_import_writes_nothing_that_it_was_not_asked_for(run: Run, inputs: Path) -> None:
    write_work(inputs, reviewed(3, "c"))
    before = set(inputs.iterdir())
    result = run("review", "--import", "work.json")
    assert result.code == 0
    assert "nothing is written; -o gold.jsonl writes the gold reports" in result.err
    assert set(inputs.iterdir()) == before


def test_import_without_a_report_that_is_done_is_told(run: Run, inputs: Path) -> None:
    write_work(inputs, reviewed(1, "a", done=False))
    result = run("review", "--import", "work.json", "-o", "gold.jsonl")
    assert (result.code, (inputs / "gold.jsonl").exists()) == (2, False)
    assert "work.json: no report is marked as done" in result.err


def test_import_finds_its_inputs_beside_the_file_or_asks_for_them(run: Run, inputs: Path) -> None:
    write_work(inputs, reviewed(3, "c"), sources={"findings": "far/findings.csv", "reports": "far/reports.csv"})
    assert run("review", "--import", "work.json").code == 0
    (inputs / "reports.csv").rename(inputs / "moved.csv")
    result = run("review", "--import", "work.json")
    assert "far/reports.csv, which the page was made from, is not here; name FINDINGS and REPORTS" in result.err
    assert run("review", "findings.csv", "moved.csv", "--import", "work.json").code == 0


def test_messages_say_nothing_of_the_text(run: Run, tmp_path: Path) -> None:
    write_reports(tmp_path / "reports.csv", [("a", f"There is marrow edema in the talus of {CANARY}.")])
    told = [run("extract", "reports.csv", "-o", "findings.csv")]
    told.append(run("review", "findings.csv", "reports.csv", "-o", "page.html"))
    write_work(tmp_path, reviewed(1, "a", decision("rejected")))
    told.append(run("review", "--import", "work.json"))
    write_reports(tmp_path / "reports.csv", [("a", f"{CANARY}: There is marrow edema in the talus.")])
    told.append(run("review", "findings.csv", "reports.csv", "-o", "other.html"))
    assert [one.code for one in told] == [0, 0, 0, 2]
    assert CANARY not in "".join(one.out + one.err for one in told)


# Decisions brought over to another table

TWICE = "Marrow edema of the talus. Marrow edema of the cuboid. Marrow edema of the patella."


Change = Callable[[list[dict[str, str]]], object]
Tables = Callable[[Change], None]


@pytest.fixture
def tables(run: Run, tmp_path: Path) -> Tables:
    """Give what writes again.csv: the table of a run on two reports, changed."""
    write_reports(tmp_path / "reports.csv", [("a", TWICE), ("b", "Marrow edema of the femur."), ("c", "Normal.")])
    assert run("extract", "reports.csv", "-o", "findings.csv").code == 0

    def write(change: Change) -> None:
        with (tmp_path / "findings.csv").open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        names = list(rows[0])
        change(rows)
        with (tmp_path / "again.csv").open("w", newline="", encoding="utf-8") as file:
            table = csv.DictWriter(file, names)
            table.writeheader()
            table.writerows(rows)

    return write


def carry(run: Run, folder: Path) -> tuple[Result, dict[str, Any]]:
    """Carry work.json over to again.csv; give what was told, and the work on each report."""
    result = run("review", "again.csv", "reports.csv", "--carry", "work.json", "-o", "again.review.json")
    assert result.code == 0, result.err
    work = json.loads((folder / "again.review.json").read_text(encoding="utf-8"))
    return result, {report["report_id"]: report for report in work["reports"]}


def tell_carried(reports: str, carried: int, changed: int, missing: int, dropped: int) -> str:
    return (
        f"reports    {reports}\n  carried        {carried}\n"
        f"  changed        {changed}, to be decided anew: other values at the same place\n"
        f"  missing        {missing}, kept as added rows: not in the new table\n  dropped        {dropped}\n"
        "written    again.review.json; load it on the page of again.csv\n"
    )


def test_decisions_on_the_same_rows_are_carried_by_their_values(run: Run, tmp_path: Path, tables: Tables) -> None:
    def renumber(rows: list[dict[str, str]]) -> None:
        for row, number in zip(rows[:3], "789", strict=True):
            row.update(finding=number, rules="other.rule")

    tables(renumber)
    corrected = values_of(tmp_path, severity="mild")
    decided = [decision("corrected", corrected), decision("rejected", None, 2), decision("accepted", None, 3)]
    write_work(tmp_path, reviewed(1, "a", *decided, note="Seen."), reviewed(3, "c"))
    result, work = carry(run, tmp_path)
    assert result.err == tell_carried("2, 2 of them done", 3, 0, 0, 0)
    carried = [decision("corrected", corrected, 7), decision("rejected", None, 8), decision("accepted", None, 9)]
    assert work["a"] == reviewed(1, "a", note="Seen.") | {"findings": carried}
    assert work["c"] == reviewed(3, "c") | {"findings": []}


def test_carried_work_is_brought_back_as_gold_of_the_new_table(run: Run, tmp_path: Path, tables: Tables) -> None:
    tables(lambda rows: rows[0].update(finding="9"))
    work = write_work(tmp_path, reviewed(1, "a", *(decision("accepted", None, number) for number in (1, 2, 3))))
    carry(run, tmp_path)
    assert run("review", "--import", work, "-o", "old.jsonl").code == 0
    assert run("review", "--import", "again.review.json", "-o", "new.jsonl").code == 0
    assert (tmp_path / "new.jsonl").read_bytes() == (tmp_path / "old.jsonl").read_bytes()


def test_row_with_other_values_at_its_place_is_to_be_decided_anew(run: Run, tmp_path: Path, tables: Tables) -> None:
    tables(lambda rows: rows[0].update(severity="severe"))
    noted = decision("accepted") | {"note": "Faint."}
    write_work(tmp_path, reviewed(1, "a", noted, decision("rejected", None, 2), decision("accepted", None, 3)))
    result, work = carry(run, tmp_path)
    assert result.err == tell_carried("1, 0 of them done", 2, 1, 0, 0)
    assert work["a"]["findings"][0] == decision(None) | {"note": "Faint."}
    assert work["a"]["done"] is False


def test_row_that_is_now_as_the_reader_wrote_it_is_accepted(run: Run, tmp_path: Path, tables: Tables) -> None:
    tables(lambda rows: rows[0].update(severity="severe"))
    missed = values_of(tmp_path, severity="severe")
    rest = (decision("accepted", None, 2), decision("accepted", None, 3))
    write_work(tmp_path, reviewed(1, "a", decision("corrected", missed), *rest))
    result, work = carry(run, tmp_path)
    assert result.err == tell_carried("1, 1 of them done", 3, 0, 0, 0)
    assert work["a"]["findings"][0] == decision("accepted")
    write_work(tmp_path, reviewed(1, "a", decision("rejected"), *rest, added=[{"values": missed, "note": "Missed."}]))
    (tmp_path / "again.review.json").unlink()
    result, work = carry(run, tmp_path)
    assert (work["a"]["added"], work["a"]["findings"][0]) == ([], decision("accepted") | {"note": "Missed."})


def test_right_row_that_the_new_table_lacks_is_kept_as_an_added_one(run: Run, tmp_path: Path, tables: Tables) -> None:
    def drop(rows: list[dict[str, str]]) -> None:
        del rows[:2]

    tables(drop)
    write_work(tmp_path, reviewed(1, "a", decision("accepted"), decision("rejected", None, 2)))
    result, work = carry(run, tmp_path)
    assert result.err == tell_carried("1, 0 of them done", 0, 0, 1, 1)
    assert work["a"]["findings"] == []
    assert work["a"]["added"] == [{"values": values_of(tmp_path), "note": ""}]


def test_row_at_a_site_that_the_rules_have_no_more_is_dropped(
    tmp_path: Path, tables: Tables, pipeline: Pipeline
) -> None:
    tables(lambda rows: rows.pop(0))
    work = load_work(
        write_work(
            tmp_path,
            reviewed(
                1,
                "a",
                decision("accepted"),
                added=[{"values": {**values_of(tmp_path), "severity": "mild"}, "note": ""}],
            ),
        )
    )
    new = gather(tmp_path / "again.csv", tmp_path / "reports.csv", ColumnChoice())
    rules = dataclasses.replace(pipeline.rules, sites={"cuboid": pipeline.rules.sites["cuboid"]})
    brought, carried = carry_work(tmp_path / "work.json", work, collect(tmp_path), new, rules)
    assert (carried.carried, carried.changed, carried.missing, carried.dropped, carried.done) == (0, 0, 0, 2, 0)
    assert brought.reports[0].added == ()


def test_row_that_the_old_table_lacked_opens_the_report_again(run: Run, tmp_path: Path, tables: Tables) -> None:
    tables(lambda rows: rows.append({**rows[3], "finding": "2", "site": "tibia"}))
    write_work(tmp_path, reviewed(2, "b", decision("accepted")))
    result, work = carry(run, tmp_path)
    assert result.err == tell_carried("1, 0 of them done", 1, 0, 0, 0)
    assert (work["b"]["done"], work["b"]["findings"]) == (False, [decision("accepted")])


def test_report_is_known_by_its_id_and_text_wherever_it_stands(run: Run, tmp_path: Path, tables: Tables) -> None:
    tables(list)
    both = [
        reviewed(1, "a", decision("accepted"), decision("accepted", None, 2)),
        reviewed(2, "b", decision("accepted")),
    ]
    write_work(tmp_path, *both)
    (tmp_path / "later").mkdir()
    write_reports(
        tmp_path / "later" / "reports.csv", [("new", "Normal."), ("b", "Marrow edema of the femur."), ("a", "-")]
    )
    assert run("extract", "later/reports.csv", "-o", "again.csv", "--force").code == 0
    told = ("review", "again.csv", "later/reports.csv", "--carry", "work.json", "-o", "again.review.json")
    result = run(*told)
    lost = "1, 1 of them done, 1 left out: not there with the same id and text"
    assert result.err == tell_carried(lost, 1, 0, 0, 2)
    (one,) = json.loads((tmp_path / "again.review.json").read_text(encoding="utf-8"))["reports"]
    assert (one["row"], one["report_id"], one["done"]) == (2, "b", True)


def test_blind_work_is_carried_as_it_is(run: Run, tmp_path: Path, tables: Tables) -> None:
    tables(lambda rows: rows.clear())
    added = [{"values": values_of(tmp_path), "note": ""}]
    write_work(tmp_path, reviewed(1, "a", added=added), blind=True)
    result, work = carry(run, tmp_path)
    assert result.err == tell_carried("1, 1 of them done", 1, 0, 0, 0)
    assert work["a"] == reviewed(1, "a", added=added) | {"findings": []}


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (
            ["findings.csv", "reports.csv", "-o", "x.json"],
            "findings.csv: is the table that the work of work.json is on; write the new table under another name, "
            "since both are needed",
        ),
        (["again.csv", "reports.csv", "-o", "x.html"], "name the file for the work, as in -o again.review.json"),
        (
            ["-o", "x.json"],
            "--carry needs the new findings table and its reports: review FINDINGS REPORTS --carry FILE",
        ),
        (
            ["again.csv", "reports.csv", "-o", "x.json", "--blind"],
            "--carry takes FINDINGS, REPORTS and -o, the work to write, and no other way of a review",
        ),
    ],
)
def test_wrong_way_of_carrying_is_told(
    run: Run, tmp_path: Path, tables: Tables, arguments: list[str], told: str
) -> None:
    tables(list)
    write_work(tmp_path, reviewed(1, "a"))
    result = run("review", "--carry", "work.json", *arguments)
    assert (result.code, result.err) == (2, f"marrowtext: {told}\n")


def test_work_whose_table_was_written_over_is_refused(run: Run, tmp_path: Path, tables: Tables) -> None:
    tables(list)
    write_work(tmp_path, reviewed(1, "a"))
    (tmp_path / "findings.csv").write_bytes((tmp_path / "again.csv").read_bytes() + b"\n")
    result = run("review", "again.csv", "reports.csv", "--carry", "work.json", "-o", "x.json")
    assert result.code == 2
    assert result.err.startswith("marrowtext: work.json: was made from other inputs than findings.csv and reports.csv")


def test_work_on_a_row_that_the_table_lacks_is_not_carried(run: Run, tmp_path: Path, tables: Tables) -> None:
    tables(list)
    write_work(tmp_path, reviewed(1, "a", decision("accepted", None, 99)))
    result = run("review", "again.csv", "reports.csv", "--carry", "work.json", "-o", "x.json")
    assert (result.code, result.err) == (2, "marrowtext: work.json: report a: the table has no finding 99\n")
