"""The command line."""

from __future__ import annotations

import csv
import io
import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import pytest
from pyarrow import parquet

from marrowtext import __version__
from marrowtext.cli import app
from marrowtext.columns import write_dictionary
from marrowtext.corpora import GOLD_COLUMNS
from marrowtext.explain import explain_html, explain_text
from marrowtext.model import Report
from marrowtext.pipeline import Pipeline
from marrowtext.pool import REPORT_SECONDS
from marrowtext.readers import MAX_LENGTH
from marrowtext.rules import load_rules

TALUS = "There is marrow edema in the talus."
OWN_RULE = (
    '[[mention]]\nid = "edema.own"\nconcept = "edema"\nterms = ["marrow blotch"]\n'
    'finds = ["There is a [marrow blotch]."]\nskips = ["There is a blotch."]\n'
)


@dataclass(frozen=True, slots=True)
class Result:
    """What a command came to."""

    code: int
    out: str
    err: str


Run = Callable[..., Result]

pytestmark = pytest.mark.usefixtures("inline")


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command in this process."""

    def run(*arguments: object) -> Result:
        with pytest.raises(SystemExit) as left:
            app(list(map(str, arguments)))
        captured = capsys.readouterr()
        return Result(int(left.value.code or 0), captured.out, captured.err)

    return run


@pytest.fixture
def reports(tmp_path: Path) -> Path:
    path = tmp_path / "in.csv"
    path.write_text(f"accession,Report Text,exam,Sex\n007,{TALUS},MRI RIGHT ANKLE,F\n8,,,M\n007,No marrow edema.,,F\n")
    return path


@pytest.fixture
def parts(tmp_path: Path) -> Path:
    """One report in two columns."""
    path = tmp_path / "parts.csv"
    path.write_text(f"accession,narrative,impression,site\nA1,{TALUS},No marrow edema.,North\n")
    return path


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_help_starts_without_what_is_slow_to_import() -> None:
    script = (
        "import sys\nfrom marrowtext.cli import app\n"
        "try:\n    app(['--help'])\nexcept SystemExit as left:\n    assert not left.code\n"
        "print({'spacy', 'medspacy', 'pandas', 'pyarrow', 'numpy', 'pydantic'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("set()\n")
    assert "extract" in done.stdout


@pytest.mark.parametrize(
    "command",
    [
        ["extract"],
        ["peek"],
        ["explain"],
        ["review"],
        ["annotate"],
        ["columns"],
        ["rules"],
        ["rules", "check"],
        ["rules", "list"],
        ["rules", "new"],
        ["rules", "diff"],
    ],
)
def test_every_command_has_help(run: Run, command: list[str]) -> None:
    result = run(*command, "--help")
    assert (result.code, "Usage:" in result.out) == (0, True)


def test_version(run: Run) -> None:
    assert run("--version") == Result(0, f"marrowtext {__version__}\n", "")


def test_module_is_the_command() -> None:
    done = subprocess.run([sys.executable, "-m", "marrowtext", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == f"marrowtext {__version__}\n"


def test_columns_prints_the_dictionary(run: Run) -> None:
    assert run("columns") == Result(0, write_dictionary(), "")


def test_extract_writes_both_tables(run: Run, reports: Path, tmp_path: Path) -> None:
    assert run("extract", reports, "-o", tmp_path / "out.csv", "--carry", "sex").code == 0
    found = read_csv(tmp_path / "out.csv")
    assert [(row["report_id"], row["site"], row["laterality"], row["Sex"]) for row in found] == [
        ("007", "talus", "right", "F"),
        ("007", "", "", "F"),
    ]
    told = read_csv(tmp_path / "out.reports.csv")
    assert [(row["report_id"], row["status"], row["processing"]) for row in told] == [
        ("007", "present", "processed"),
        ("8", "", "error"),
        ("007", "absent", "processed"),
    ]


def test_extract_tells_what_it_took_and_what_came_of_it(run: Run, reports: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    assert run("extract", reports, "-o", out) == Result(
        0,
        "",
        f"{reports}: text from 'Report Text', ids from 'accession', exam title from 'exam', encoding utf-8\n"
        "reports    3\n"
        "findings   2\n"
        "  present        1\n"
        "  absent         1\n"
        "errors     1, with their reasons in the reports table\n"
        "duplicates 1, with an id that came before; `row` tells the reports apart\n"
        f"written    {out}, {tmp_path / 'out.reports.csv'}, {tmp_path / 'out.sites.csv'}, {out}.manifest.json\n",
    )


@pytest.mark.parametrize("extension", ["jsonl", "parquet"])
def test_extract_writes_by_extension(run: Run, reports: Path, tmp_path: Path, extension: str) -> None:
    out = tmp_path / f"out.{extension}"
    assert run("extract", reports, "-o", out).code == 0
    if extension == "jsonl":
        rows = [json.loads(line) for line in out.read_text().splitlines()]
    else:
        rows = parquet.read_table(out).to_pylist()
    assert [(row["report_id"], row["site"], row["subchondral"]) for row in rows] == [
        ("007", "talus", False),
        ("007", None, False),
    ]


def test_extract_takes_named_columns(run: Run, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text(f"id,text,Befund,Nr,Was\n1,x,{TALUS},a,MRI LEFT ANKLE\n")
    named = ["--text-column", "befund", "--id-column", "nr", "--title-column", "was"]
    assert run("extract", tmp_path / "in.csv", "-o", tmp_path / "out.csv", *named).code == 0
    (row,) = read_csv(tmp_path / "out.csv")
    assert (row["report_id"], row["site"], row["laterality"]) == ("a", "talus", "left")


def test_extract_in_several_processes(run: Run, reports: Path, tmp_path: Path) -> None:
    run("extract", reports, "-o", tmp_path / "one.csv")
    assert run("extract", reports, "-o", tmp_path / "two.csv", "--workers", 2).code == 0
    assert (tmp_path / "two.csv").read_bytes() == (tmp_path / "one.csv").read_bytes()


def test_extract_with_own_rules(run: Run, tmp_path: Path, own_rules: Path) -> None:
    (tmp_path / "in.csv").write_text("text\nThere is a marrow blotch in the talus.\n")
    run("extract", tmp_path / "in.csv", "-o", tmp_path / "out.csv", "--patterns", own_rules)
    assert [row["rules"].split()[0] for row in read_csv(tmp_path / "out.csv")] == ["edema.own"]


def test_extract_leaves_over_long_reports_out(run: Run, reports: Path, tmp_path: Path) -> None:
    run("extract", reports, "-o", tmp_path / "out.csv", "--max-length", 16)
    assert [row["processing"] for row in read_csv(tmp_path / "out.reports.csv")] == [
        "error",
        "error",
        "processed",
    ]


def test_extract_keeps_tables_that_exist(run: Run, reports: Path, tmp_path: Path) -> None:
    (tmp_path / "out.csv").write_text("old")
    result = run("extract", reports, "-o", tmp_path / "out.csv")
    message = f"marrowtext: {tmp_path / 'out.csv'}: exists already; name another file, or overwrite it with --force"
    assert (result.code, result.err.splitlines()[-1]) == (2, message)
    assert (tmp_path / "out.csv").read_text() == "old"


def test_extract_overwrites_by_force(run: Run, reports: Path, tmp_path: Path) -> None:
    (tmp_path / "out.csv").write_text("old")
    assert run("extract", reports, "-o", tmp_path / "out.csv", "--force").code == 0
    assert len(read_csv(tmp_path / "out.csv")) == 2


@pytest.mark.parametrize(
    ("name", "content", "options", "message"),
    [
        pytest.param("in.csv", None, [], "no such file or folder; check the path", id="missing"),
        pytest.param("in.csv", "", [], "the file is empty; export the reports again", id="empty"),
        pytest.param(
            "in.csv",
            "id,text\n",
            ["--text-column", "Befund"],
            "no column 'Befund' for --text-column. The columns are: id, text.",
            id="unknown-column",
        ),
        pytest.param("in.parquet", "PAR1", [], "not a readable Parquet file; write it again", id="broken"),
    ],
)
def test_wrong_input_is_a_message_and_code_2(
    run: Run, tmp_path: Path, name: str, content: str | None, options: list[str], message: str
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_text(content)
    result = run("extract", path, "-o", tmp_path / "out.csv", *options)
    assert result == Result(2, "", f"marrowtext: {path}: {message}\n")
    assert not (tmp_path / "out.csv").exists()


def test_extract_leaves_a_complete_run_by_resume(run: Run, reports: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    first = run("extract", reports, "-o", out, "--resume")
    again = run("extract", reports, "-o", out, "--resume")
    told = first.err.splitlines()
    assert (first.code, again.code) == (0, 0)
    assert again.err.splitlines() == [told[0], f"{out}: complete already; nothing was read", *told[1:]]


def test_extract_resumes_the_same_run_alone(run: Run, reports: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    run("extract", reports, "-o", out)
    result = run("extract", reports, "-o", out, "--resume", "--report-seconds", 9)
    assert (result.code, result.err.splitlines()[-1]) == (
        2,
        f"marrowtext: {out}: the tables here are of another run: the option report_seconds is 9.0 and was 60.0; "
        "give what it had, or overwrite them with --force",
    )


def test_extract_help_tells_how_to_go_on(run: Run) -> None:
    told = " ".join(run("extract", "--help").out.split())
    assert "--resume" in told
    assert "Go on with a run that was broken off" in told
    assert f"[default: ({REPORT_SECONDS:g})" in told


@pytest.mark.parametrize("out", ["", ".", "{folder}"])
def test_extract_to_a_folder_is_told(run: Run, reports: Path, tmp_path: Path, out: str) -> None:
    out = out.replace("{folder}", str(tmp_path))
    message = f"marrowtext: {Path(out)}: is a folder; name a file in it\n"
    assert run("extract", reports, "-o", out) == Result(2, "", message)


@pytest.mark.parametrize(
    ("out", "problem"),
    [
        (
            "out.txt",
            "unknown kind of output; use .csv, .jsonl, .parquet, .xlsx, .duckdb, .sqlite, .sqlite3, .db, "
            "or a postgresql:// URL",
        ),
        ("none/out.csv", "the folder {none} does not exist; make it first"),
    ],
)
def test_extract_checks_the_output_before_the_input(run: Run, tmp_path: Path, out: str, problem: str) -> None:
    message = f"marrowtext: {tmp_path / out}: {problem.replace('{none}', str(tmp_path / 'none'))}\n"
    assert run("extract", tmp_path / "missing.csv", "-o", tmp_path / out) == Result(2, "", message)


def test_extract_help_shows_the_longest_report(run: Run) -> None:
    assert f"{MAX_LENGTH:,}" in run("extract", "--help").out


def test_extract_tells_what_it_does_not_read(run: Run, parts: Path, tmp_path: Path) -> None:
    result = run("extract", parts, "-o", tmp_path / "out.csv")
    assert (result.code, result.err.splitlines()[:2]) == (
        0,
        [
            f"{parts}: text from 'narrative', ids from 'accession', no exam title, encoding utf-8",
            f"{parts}: not read: 'impression'; to read all of the report give "
            "--text-column narrative --text-column impression",
        ],
    )


def test_extract_joins_text_columns(run: Run, parts: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    named = ["--text-column", "narrative", "--text-column", "impression"]
    result = run("extract", parts, "-o", out, *named, "--carry", "site=hospital")
    assert result.err.splitlines()[:2] == [
        f"{parts}: text from 'narrative' and 'impression', ids from 'accession', no exam title, "
        "carried along 'site' as 'hospital', encoding utf-8",
        "reports    1",
    ]
    names = ["section", "assertion", "start", "end", "hospital"]
    joined = f"NARRATIVE:\n{TALUS}\n\nIMPRESSION:\nNo marrow edema."
    first, second = joined.index("marrow"), joined.rindex("marrow")
    assert [[row[name] for name in names] for row in read_csv(out)] == [
        ["findings", "present", str(first), str(first + 12), "North"],
        ["impression", "absent", str(second), str(second + 12), "North"],
    ]
    assert "NARRATIVE" not in out.read_text() + (tmp_path / "out.reports.csv").read_text()


def test_extract_that_could_read_nothing_fails(run: Run, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("id,text\n1,\n2,\n")
    out = tmp_path / "out.csv"
    result = run("extract", tmp_path / "in.csv", "-o", out)
    assert (result.code, result.err.splitlines()[-2:]) == (
        1,
        [
            f"written    {out}, {tmp_path / 'out.reports.csv'}, {tmp_path / 'out.sites.csv'}, {out}.manifest.json",
            "no report could be read; the reasons are in the reports table",
        ],
    )


def test_extract_hints_that_there_are_no_rows(run: Run, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("id,text\n")
    result = run("extract", tmp_path / "in.csv", "-o", tmp_path / "out.csv")
    hint = f"{tmp_path / 'in.csv'}: has column names and no reports; check the export"
    assert (result.code, result.err.splitlines()[-1]) == (0, hint)


def test_explain_a_text(run: Run, pipeline: Pipeline) -> None:
    reading = pipeline.read(Report("1", TALUS))
    assert run("explain", TALUS) == Result(0, explain_text(reading), "")


def test_explain_standard_input(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(f"{TALUS} Œdème.".encode("utf-16"))))
    assert "[marrow edema](mention)" in run("explain").out


def test_explain_a_file(run: Run, tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_text(TALUS)
    assert run("explain", "--file", tmp_path / "in.txt") == run("explain", TALUS)


def test_explain_one_report_of_many(run: Run, reports: Path) -> None:
    result = run("explain", "--file", reports, "--id", "007")
    assert (result.code, "laterality right" in result.out) == (0, True)


def test_explain_with_a_title(run: Run) -> None:
    assert "laterality left; laterality_source metadata" in run("explain", TALUS, "--title", "MRI LEFT ANKLE").out


def test_explain_as_html(run: Run, tmp_path: Path, pipeline: Pipeline) -> None:
    page = tmp_path / "out.html"
    reading = pipeline.read(Report("1", TALUS))
    assert run("explain", TALUS, "--html", page) == Result(0, "", f"written    {page}\n")
    assert page.read_text(encoding="utf-8") == explain_html(reading)


def test_explain_shows_associated_findings_where_asked(run: Run, tmp_path: Path, pipeline: Pipeline) -> None:
    page = tmp_path / "out.html"
    report = Report("1", "Marrow edema of the femoral head, no AVN.")
    reading, beside = pipeline.read(report), pipeline.read_associated(report)
    assert run("explain", report.text, "--associated") == Result(0, explain_text(reading, beside), "")
    assert run("explain", report.text, "--associated", "--html", page).code == 0
    assert page.read_text(encoding="utf-8") == explain_html(reading, beside)


def test_explain_keeps_a_page_that_exists_but_by_force(run: Run, tmp_path: Path) -> None:
    page = tmp_path / "out.html"
    page.write_text("old")
    message = f"marrowtext: {page}: exists already; name another file, or overwrite it with --force\n"
    assert run("explain", TALUS, "--html", page) == Result(2, "", message)
    assert page.read_text() == "old"
    assert run("explain", TALUS, "--html", page, "--force") == Result(0, "", f"written    {page}\n")
    assert page.read_text().startswith("<!doctype html>")


def test_explain_reads_a_file_that_is_named_like_a_text(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "one.txt").write_text(TALUS)
    assert run("explain", "one.txt") == run("explain", TALUS)
    assert "one.txt" not in run("explain", "one.txt").out


def test_explain_chooses_a_report_of_a_named_file(run: Run, reports: Path) -> None:
    assert "laterality right" in run("explain", reports, "--row", 1).out


def test_explain_help_says_that_a_file_is_read(run: Run) -> None:
    assert "The report, or a file with it;" in run("explain", "--help").out


def test_explain_says_that_an_id_is_not_alone(run: Run, reports: Path) -> None:
    result = run("explain", "--file", reports, "--id", "007")
    assert result.err == f"{reports}: id '007' is in rows 1, 3; row 1 is taken, choose with --row\n"
    assert "laterality right" in result.out


def test_explain_chooses_by_row(run: Run, reports: Path) -> None:
    expected = run("explain", "No marrow edema.")
    assert run("explain", "--file", reports, "--id", "007", "--row", 3) == expected
    assert run("explain", "--file", reports, "--row", 3) == expected


def test_explain_joins_text_columns(run: Run, parts: Path) -> None:
    named = ["--text-column", "narrative", "--text-column", "impression"]
    assert run("explain", parts, *named) == run("explain", f"NARRATIVE:\n{TALUS}\n\nIMPRESSION:\nNo marrow edema.")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["  "], "the report is empty; give its text, a --file, or standard input"),
        ([TALUS, "--file", "{in}"], "give a text or --file, not both"),
        (["--row", "1", TALUS], "--row chooses a report of a file; name the file with --file"),
        (["none.csv"], "none.csv: no such file or folder; check the path"),
        (["--file", "{in}"], "{in}: holds several reports; choose one with --id or --row"),
        (["--file", "{in}", "--row", "4"], "{in}: has no row 4; rows are counted from 1, without the header"),
        (["--file", "{in}", "--row", "2"], "{in}: row 2 cannot be read: the text is empty"),
        (
            ["--file", "{in}", "--id", "8", "--row", "1"],
            "{in}: row 1 does not have the id '8'; leave out --id or --row",
        ),
        (["--file", "{in}", "--id", "9"], "{in}: has no report '9'; see its id column"),
        (["--file", "{in}", "--id", "8"], "{in}: row 2 cannot be read: the text is empty"),
        ([TALUS, "--html", "{folder}"], "{folder}: is a folder; name a file in it"),
    ],
)
def test_what_cannot_be_explained_is_told(
    run: Run, reports: Path, tmp_path: Path, arguments: list[str], message: str
) -> None:
    def fill(text: str) -> str:
        return text.replace("{in}", str(reports)).replace("{folder}", str(tmp_path))

    assert run("explain", *map(fill, arguments)) == Result(2, "", f"marrowtext: {fill(message)}\n")


def test_rules_list_has_one_line_for_each_rule(run: Run) -> None:
    result = run("rules", "list")
    rules = load_rules()
    assert [line.split("\t")[0] for line in result.out.splitlines()] == [rule.id for rule in rules.rules]
    assert "side.left\tside\tattributes/side.toml\t" in result.out


def test_rules_check_passes(run: Run) -> None:
    result = run("rules", "check")
    assert (result.code, result.out) == (0, "")
    assert result.err.endswith(" examples, 0 failures\n")


def test_rules_check_takes_own_rules(run: Run, own_rules: Path) -> None:
    assert run("rules", "check", own_rules).code == 0


def test_rules_check_takes_own_rules_alone(run: Run, own_rules: Path) -> None:
    assert run("rules", "check", "--own", own_rules) == Result(0, "", "1 rules, 2 examples, 0 failures\n")


def test_rules_new_writes_a_rule(run: Run) -> None:
    result = run("rules", "new", "boggy", "--kind", "attribute", "--id", "severity.ours")
    assert (result.code, result.out.splitlines()[:2]) == (0, ["[[attribute]]", 'id = "severity.ours"'])


def test_rules_new_writes_a_file(run: Run, tmp_path: Path) -> None:
    result = run("rules", "new", "spongy edema", "-o", tmp_path / "ours.toml")
    assert (tmp_path / "ours.toml").read_text().startswith('[[mention]]\nid = "ours.spongy_edema"\n')
    assert result.err == (
        f"written    {tmp_path / 'ours.toml'}; mend its examples, then: marrowtext rules check --own {tmp_path}\n"
    )


def test_rules_new_does_not_overwrite(run: Run, tmp_path: Path) -> None:
    (tmp_path / "ours.toml").write_text("mine")
    assert run("rules", "new", "spongy edema", "-o", tmp_path / "ours.toml") == Result(
        2,
        "",
        f"marrowtext: {tmp_path / 'ours.toml'}: exists already, and rules are never overwritten; name another file, "
        "or leave -o out and copy what is printed into it\n",
    )
    assert (tmp_path / "ours.toml").read_text() == "mine"


def test_rules_new_writes_no_file_that_would_not_be_read(run: Run, tmp_path: Path) -> None:
    result = run("rules", "new", "spongy edema", "-o", tmp_path / "ours.txt")
    told = f"marrowtext: {tmp_path / 'ours.txt'}: pattern files are TOML; give the name the ending .toml\n"
    assert (result.code, result.err, (tmp_path / "ours.txt").exists()) == (2, told, False)


def test_rules_diff_shows_rows_before_and_after(run: Run, tmp_path: Path, own_rules: Path) -> None:
    (tmp_path / "in.csv").write_text("id,text\n1,Marrow blotch in the talus.\n2,No change.\n3,\n")
    assert run("rules", "diff", own_rules, tmp_path / "in.csv") == Result(
        0,
        "gained: 1 at 0\n"
        "  + [Marrow blotch|assertion=present|site=talus|laterality=none] in the talus.\n"
        "    edema.own site.talus\n",
        "reports    2, 1 with changes\nunread     1\nchanges    1\n  gained            1\n",
    )


def test_rules_diff_writes_all_changes_to_a_table(run: Run, tmp_path: Path, own_rules: Path) -> None:
    (tmp_path / "in.csv").write_text("id,text\n1,Marrow blotch in the talus.\n2,Marrow blotch in the cuboid.\n")
    result = run("rules", "diff", own_rules, tmp_path / "in.csv", "--limit", 0, "-o", tmp_path / "out.csv")
    assert (result.code, result.out) == (0, "")
    assert [(row["report_id"], row["kind"], row["rules_after"]) for row in read_csv(tmp_path / "out.csv")] == [
        ("1", "gained", "edema.own site.talus"),
        ("2", "gained", "edema.own site.cuboid"),
    ]


def test_rules_diff_counts_rows_by_other_rules_apart(run: Run, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("id,text\n1,Marrow edema of the talus.\n2,Marrow edema of the cuboid.\n")
    (tmp_path / "ours").mkdir()
    (tmp_path / "ours" / "ours.toml").write_text(
        'off = ["edema.marrow"]\n[[mention]]\nid = "edema.ours"\nconcept = "edema"\nterms = ["marrow edema"]\n'
        'finds = ["[Marrow edema]."]\nskips = ["Marrow."]\n'
    )
    result = run("rules", "diff", tmp_path / "ours", tmp_path / "in.csv", "-o", tmp_path / "out.csv")
    assert (result.code, result.out) == (0, "")
    assert result.err == (
        "reports    2, 0 with changes\nchanges    0\nevidence   2 with the same values by other rules\n"
    )
    assert [(row["kind"], row["rules_before"], row["rules_after"]) for row in read_csv(tmp_path / "out.csv")] == [
        ("rules", "edema.marrow site.talus", "edema.ours site.talus"),
        ("rules", "edema.marrow site.cuboid", "edema.ours site.cuboid"),
    ]


def test_patterns_that_are_a_file_are_refused(run: Run, tmp_path: Path) -> None:
    (tmp_path / "ours.toml").write_text(OWN_RULE)
    told = "is a file; name the folder that it is in: rules are given as a folder of pattern files"
    for command in (("rules", "list", "--patterns"), ("rules", "check")):
        result = run(*command, tmp_path / "ours.toml")
        assert (result.code, result.err) == (2, f"marrowtext: {tmp_path / 'ours.toml'}: {told}\n")


def test_rules_check_tells_a_failing_example(
    run: Run, tmp_path: Path, pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "own.toml").write_text(OWN_RULE)
    # The shipped pipeline lacks the rule: its example fails, and no other pipeline need be built.
    monkeypatch.setattr(
        "marrowtext.reading.shared_pipeline",
        lambda folders: SimpleNamespace(
            read=pipeline.read, read_associated=pipeline.read_associated, rules=load_rules(*folders)
        ),
    )
    result = run("rules", "check", tmp_path)
    lines = result.out.splitlines()
    assert (result.code, result.err.endswith(" examples, 2 failures\n")) == (1, True)
    assert [line.startswith("own.toml: rule edema.own: finds: 'There is a ") for line in lines] == [True] * 2


def test_rules_check_tells_a_wrong_rule(run: Run, tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(OWN_RULE.replace("terms", "words"))
    result = run("rules", "check", tmp_path)
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith("marrowtext: own.toml: rule edema.own: ")


@pytest.fixture
def gold(tmp_path: Path) -> Path:
    """One gold report, whose talus the rules find and whose cuboid they miss."""
    values = {column.name: None for column in GOLD_COLUMNS}
    values |= {"section": "findings", "concept": "edema", "assertion": "present", "pattern": "unspecified"}
    row = {**values, "mention": "marrow edema", "start": 9, "end": 21, "subchondral": False}
    rows = [{**row, "site": site} for site in ("talus", "cuboid")]
    path = tmp_path / "gold.jsonl"
    path.write_text(json.dumps({"id": "1", "hand": "us", "text": TALUS, "findings": rows}) + "\n")
    return path


def test_evaluate_prints_figures_and_counts_errors(run: Run, gold: Path) -> None:
    result = run("evaluate", gold)
    assert result.code == 0
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in result.out.splitlines()]
    assert ["row", "site", "F1", "1", "2", "1", "0.667", "0.667-0.667"] in cells
    versions, *told = result.err.splitlines()
    assert versions.startswith(f"marrowtext {__version__}, gold ")
    assert told == [
        "reports    1",
        "errors     1",
        "  missed row        1",
        "--errors FILE writes them out, each with the words around it",
    ]


def test_evaluate_writes_figures_and_errors(run: Run, gold: Path, tmp_path: Path) -> None:
    table, errors = tmp_path / "figures.csv", tmp_path / "errors.md"
    assert run("evaluate", gold, "-o", table, "--errors", errors).code == 0
    assert read_csv(table)[0] | {"estimate": ""} == {
        "measure": "mention",
        "value": "",
        "score": "F1",
        "right": "1",
        "gold": "1",
        "found": "1",
        "estimate": "",
        "low": "1.0",
        "high": "1.0",
    }
    assert "[marrow edema|assertion=present|site=cuboid|laterality=none]" in errors.read_text()
    assert run("evaluate", gold, "--errors", errors).err.endswith("overwrite it with --force\n")


def test_evaluate_writes_json(run: Run, gold: Path, tmp_path: Path) -> None:
    out = tmp_path / "figures.json"
    assert run("evaluate", gold, "--out", out).code == 0
    assert json.loads(out.read_text())["errors"] == {"missed row": 1}


def test_evaluate_takes_predictions(run: Run, gold: Path, tmp_path: Path) -> None:
    table = tmp_path / "table.csv"
    assert run("extract", gold, "-o", table).code == 0
    result = run("evaluate", gold, "--predictions", table)
    assert result.code == 0
    assert ", table " in result.err.splitlines()[0]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--predictions", "t.csv", "--patterns", "p"], "give one of them"),
        (["--out", "figures.xlsx"], "unknown kind of output"),
        (["--out", "missing/figures.csv"], "does not exist; make it first"),
    ],
)
def test_evaluate_refuses_options_before_it_reads(run: Run, gold: Path, options: list[str], message: str) -> None:
    result = run("evaluate", gold, *options)
    assert (result.code, result.out) == (2, "")
    assert message in result.err


def test_defect_is_a_message_without_a_traceback(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise KeyError("Wolpertinger")

    monkeypatch.setattr("marrowtext.columns.write_dictionary", fail)
    result = run("columns")
    assert (result.code, result.out) == (1, "")
    assert result.err.startswith("marrowtext: internal error KeyError in test_cli.py, line ")
    assert "Wolpertinger" not in result.err


def test_warnings_as_errors_and_no_terminal(reports: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-W", "error", "-m", "marrowtext", "extract", str(reports)]
    done = subprocess.run(
        [*command, "-o", str(tmp_path / "out.csv")],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "TERM": "xterm"},
    )
    # No progress bar, no warning, and every report read that can be.
    assert done.stderr.splitlines() == [
        f"{reports}: text from 'Report Text', ids from 'accession', exam title from 'exam', encoding utf-8",
        "reports    3",
        "findings   2",
        "  present        1",
        "  absent         1",
        "errors     1, with their reasons in the reports table",
        "duplicates 1, with an id that came before; `row` tells the reports apart",
        "written    "
        + ", ".join(str(tmp_path / f"out.{rest}") for rest in ("csv", "reports.csv", "sites.csv", "csv.manifest.json")),
    ]


def test_extract_writes_a_workbook_and_a_database(run: Run, reports: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.xlsx"
    assert run("extract", reports, "-o", out).err.splitlines()[-1] == f"written    {out}, {out}.manifest.json"
    out = tmp_path / "out.sqlite"
    result = run("extract", reports, "-o", f"sqlite:///{out}", "--prefix", "bme_")
    assert result.err.splitlines()[-1] == f"written    {out}: tables bme_findings, bme_reports, bme_sites"
    again = run("extract", reports, "-o", out, "--prefix", "bme_")
    assert (again.code, again.err) == (
        2,
        f"marrowtext: {out}: has tables of these names already: bme_findings, bme_reports, bme_sites, bme_runs; "
        "add to them with --append, or replace them with --force\n",
    )
    assert run("extract", reports, "-o", out, "--prefix", "bme_", "--force").code == 0


def test_extract_writes_to_postgresql_and_tells_no_password(
    run: Run, reports: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, postgres_url: str
) -> None:
    monkeypatch.chdir(tmp_path)
    url = postgres_url.replace("postgres:@", "postgres:Wolpertinger@", 1)
    assert url != postgres_url
    result = run("extract", reports, "-o", url)
    assert (result.code, "Wolpertinger" in result.err) == (0, False)
    assert result.err.splitlines()[-1].endswith(": tables findings, reports, sites")
    wrong = run("extract", reports, "-o", "postgresql://me:Wolpertinger@localhost:1/db")
    assert (wrong.code, "Wolpertinger" in wrong.err) == (2, False)
    assert wrong.err.startswith("marrowtext: postgresql://me@localhost:1/db: cannot be opened (")


@pytest.mark.parametrize(
    ("out", "option", "problem"),
    [
        ("out.csv", "--append", "--append, --schema and --prefix are of databases; a file is written anew"),
        ("out.xlsx", "--spreadsheet-safe", "the spreadsheet-safe mode is of .csv; other kinds are safe as they are"),
        ("out.db", "--spreadsheet-safe", "the spreadsheet-safe mode is of .csv; leave it out"),
        ("mysql://host/db", "--append", "unknown kind of database; use postgresql://, sqlite:/// or duckdb:///"),
        ("sqlite:///out.txt", "--append", "write sqlite:///FILE, with a file that ends in .sqlite, .sqlite3, .db"),
    ],
)
def test_extract_refuses_an_option_that_the_output_does_not_have(
    run: Run, reports: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, out: str, option: str, problem: str
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run("extract", reports, "-o", out, option) == Result(2, "", f"marrowtext: {out}: {problem}\n")


def test_export_tells_what_it_wrote(run: Run, reports: Path, tmp_path: Path) -> None:
    run("extract", reports, "-o", tmp_path / "run.csv")
    out = tmp_path / "note_nlp.csv"
    assert run("export", tmp_path / "run.csv", "--to", "omop", "-o", out) == Result(
        0,
        "",
        "note       reports whose id is no integer of OMOP: 2; the table note_ids has the numbers that stand for them\n"
        f"written    {out}, {tmp_path / 'note_nlp.note_ids.csv'}\n",
    )
    told = run("export", tmp_path / "run.csv", "-o", tmp_path / "run.duckdb", "--prefix", "x_")
    tables = ", ".join(f"{tmp_path / 'run.duckdb'}: x_{table}" for table in ("findings", "reports", "sites", "runs"))
    assert told == Result(0, "", f"written    {tables}\n")
    out = tmp_path / "o.ndjson"
    assert run("export", tmp_path / "run.csv", "--to", "fhir", "-o", out).err == (
        f"written    {out}, {tmp_path / 'o.reports.ndjson'}\n"
    )


def test_export_of_an_unknown_shape_is_told(run: Run, tmp_path: Path) -> None:
    assert run("export", tmp_path / "run.csv", "--to", "i2b2", "-o", tmp_path / "x.csv") == Result(
        2, "", "marrowtext: --to: 'i2b2' is no shape; use one of tables, omop, fhir, redcap\n"
    )


def test_codes_are_printed_and_checked(run: Run, tmp_path: Path) -> None:
    mapping = tmp_path / "mapping.csv"
    mapping.write_text("kind,value,system,code,display\nconcept,edema,OMOP,1,\n")
    told = run("codes", "--mapping", mapping)
    assert (told.code, told.out.splitlines()[0], told.out.splitlines()[-1]) == (
        0,
        "kind,value,system,code,display",
        "concept,edema,OMOP,1,",
    )
    assert run("codes", "-o", tmp_path / "codes.csv", "--mapping", mapping).code == 0
    assert (tmp_path / "codes.csv").read_text() == told.out
    mapping.write_text("kind,value,system,code,display\nconcept,oedema,OMOP,1,\n")
    assert run("codes", "--mapping", mapping).err == (
        f"marrowtext: {mapping}: line 2: value: 'oedema' is no concept; did you mean edema?\n"
    )


def test_peek_takes_the_options_of_extract(run: Run, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("Nr,n,Befund,Seite\n007,2,talus.,L\n007,1,Edema of the,L\n")
    named = ["--text-column", "befund", "--id-column", "nr", "--line-column", "n", "--side-column", "seite"]
    result = run("peek", tmp_path / "in.csv", *named, "--records", 1, "--text")
    assert (result.code, result.err) == (0, "")
    assert result.out.splitlines()[5:] == [
        "  records           1",
        "columns",
        "  Nr      id",
        "  n       line numbers",
        "  Befund  report text",
        "  Seite   side",
        "first records",
        "  row 1: id 3 characters, text 19 characters in 2 lines, side left",
        "    id: 007",
        "    | Edema of the",
        "    | talus.",
        "problems",
        "  1 reports have lines out of order; they were put in order",
    ]


def test_extract_reads_a_query_and_tells_metadata_and_notices(run: Run, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "in.db") as connection:
        connection.execute("CREATE TABLE r (id, exam, modality, laterality, text)")
        connection.execute("INSERT INTO r VALUES ('007', 'ANKLE', 'CT', 'L', ?)", (TALUS,))
    connection.close()
    url, out = f"sqlite:///{tmp_path}/in.db", tmp_path / "out.csv"
    result = run("extract", url, "--query", "SELECT * FROM r", "-o", out)
    assert result.err.splitlines() == [
        f"{url}: text from 'text', ids from 'id', exam title from 'exam', side from 'laterality', "
        "modality from 'modality'",
        "reports    1",
        "findings   1",
        "  present        1",
        "errors     0",
        "not MRI    1, by the modality column; they were read all the same",
        f"written    {out}, {tmp_path / 'out.reports.csv'}, {tmp_path / 'out.sites.csv'}, {out}.manifest.json",
    ]
    (row,) = read_csv(out)
    assert (row["site"], row["laterality"], row["laterality_source"]) == ("talus", "left", "metadata")
    (row,) = read_csv(tmp_path / "out.reports.csv")
    names = ("exam_title", "exam_side", "modality", "other_modality")
    assert [row[name] for name in names] == ["ANKLE", "left", "CT", "true"]
    again = run("extract", url, "--query", "SELECT * FROM r", "-o", out, "--resume")
    assert again.err.splitlines()[1] == (
        f"{out}: complete already; nothing was read; whether the database has other rows by now was not looked at"
    )


def test_extract_tells_what_was_passed_over(run: Run, tmp_path: Path) -> None:
    head = "MSH|^~\\&|RIS|N|D|N|20240305||{kind}|1|P|2.5\r"
    content = head.format(kind="ADT^A01") + head.format(kind="ORU^R01") + f"OBR|1||7|1^MRI\rOBX|1|TX|||{TALUS}\r"
    (tmp_path / "in.hl7").write_text(content, newline="")
    result = run("extract", tmp_path / "in.hl7", "-o", tmp_path / "out.csv")
    told = f"{tmp_path / 'in.hl7'}: 1 messages of other types are no reports: 1 ADT"
    assert (result.code, result.err.splitlines()[1]) == (0, told)


@pytest.mark.parametrize("command", ["extract", "peek"])
def test_password_of_a_url_is_never_printed(run: Run, tmp_path: Path, command: str) -> None:
    url = "postgresql://me:s3cret@/db?host=/nowhere"
    options = ["-o", tmp_path / "out.csv"] if command == "extract" else []
    result = run(command, url, "--table", "reports", *options)
    assert result == Result(
        2,
        "",
        "marrowtext: postgresql:///db: the server cannot be reached, or the connection was lost; check host and port, "
        "and that it runs\n",
    )


def test_extract_help_reads_like_a_manual(run: Run) -> None:
    lines = [line.rstrip() for line in run("extract", "--help").out.splitlines()]
    assert "    postgresql://user@host/db  --table NAME or --query SQL       (extra postgresql)" in lines
    assert "    marrowtext extract reports.csv -o findings.parquet --workers 8 --resume" in lines
    options = [line.split()[0] for line in lines if line.startswith("  --")]
    assert {"--line-column", "--side-column", "--sheet", "--table", "--query"} <= set(options)


def test_explain_reads_any_file(run: Run, tmp_path: Path) -> None:
    (tmp_path / "in.json").write_text(json.dumps({"resourceType": "DiagnosticReport", "conclusion": TALUS}))
    result = run("explain", "--file", tmp_path / "in.json")
    assert (result.code, "[marrow edema](mention)" in result.out) == (0, True)


def test_column_of_the_exam_is_carried_along_once(run: Run, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text(f"id,text,patient_id\n1,{TALUS},007\n")
    out = tmp_path / "out.csv"
    assert run("extract", tmp_path / "in.csv", "-o", out, "--carry", "patient_id").code == 0
    assert [row["patient_id"] for row in read_csv(out)] == ["007"]
    (header, *_) = (tmp_path / "out.reports.csv").read_text().splitlines()
    assert header.split(",").count("patient_id") == 1
