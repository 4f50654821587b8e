"""The pages in docs/, followed word for word in an empty folder: what they show is what comes out."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from marrowtext.cli import app
from marrowtext.corpora import GOLD_COLUMNS
from marrowtext.headers import ColumnChoice
from marrowtext.review.material import gather
from marrowtext.rules import load_rules, shipped_patterns

DOCS = Path(__file__).parents[1] / "docs"
_BLOCK = re.compile(r"^```(?P<kind>\w+)\n(?P<content>.*?)^```$", re.DOTALL | re.MULTILINE)
_SAVE = re.compile(r"[Ss]ave this as `(?P<name>[^`]+)`[^`]*\Z")

Follow = Callable[[str], None]

pytestmark = pytest.mark.usefixtures("inline")


@pytest.fixture
def follow(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Follow:
    """Follow a stretch of a page: save its files, give its commands, and compare what they show."""
    monkeypatch.chdir(tmp_path)

    def run(command: str) -> str:
        program, *arguments = shlex.split(command, comments=True)
        if program == "mkdir":
            Path(arguments[0]).mkdir()
            return ""
        if program == "cat":
            return Path(arguments[0]).read_text(encoding="utf-8")
        assert program == "marrowtext"
        with pytest.raises(SystemExit) as left:
            app(arguments)
        shown = capsys.readouterr()
        assert left.value.code in (0, None), shown.err
        return shown.out + shown.err

    def follow(page: str) -> None:
        for block in _BLOCK.finditer(page):
            saved = _SAVE.search(page, 0, block.start())
            if block["kind"] == "console":
                for command, expected in _list_commands(block["content"]):
                    shown = run(command)
                    # What is of no interest is not shown at all.
                    if expected:
                        assert_shows(command, expected, shown)
            elif block["kind"] == "sh":
                for command in filter(str.strip, block["content"].splitlines()):
                    run(command)
            elif saved:
                Path(saved["name"]).write_text(block["content"], encoding="utf-8")

    return follow


def _list_commands(content: str) -> Iterator[tuple[str, str]]:
    """Yield each command of a block with what it shows."""
    for part in re.split(r"^\$ ", content, flags=re.MULTILINE)[1:]:
        command, _, shown = part.partition("\n")
        yield command, shown


def assert_shows(command: str, expected: str, shown: str) -> None:
    """Compare what a command shows with the page, on which `…` stands for lines that are left out."""
    pattern = ".*".join(map(re.escape, expected.split("…\n")))
    assert re.fullmatch(pattern, shown, re.DOTALL), f"{command}\n{shown}"


def take(page: str, heading: str) -> str:
    """Give the part of a page below a heading."""
    text = (DOCS / page).read_text(encoding="utf-8")
    return text.split(f"\n## {heading}\n")[1].split("\n## ")[0]


def test_way_to_an_annotation_tool_and_back(follow: Follow, tmp_path: Path) -> None:
    follow((DOCS / "annotation.md").read_text(encoding="utf-8").split("\n## ")[0])
    assert len((tmp_path / "gold.jsonl").read_text(encoding="utf-8").splitlines()) == 3
    assert sorted(file.suffix for file in (tmp_path / "blind").glob("*.ann")) == [".ann"] * 3


def test_rules_of_your_own(follow: Follow) -> None:
    follow(take("rules.md", "Rules of your own"))


def test_rule_of_the_page_on_rules_holds(follow: Follow, tmp_path: Path) -> None:
    (tmp_path / "ours").mkdir()
    rule = next(_BLOCK.finditer(take("rules.md", "A rule")))["content"]
    (tmp_path / "ours" / "ours.toml").write_text(rule, encoding="utf-8")
    follow("```console\n$ marrowtext rules check --own ours\n1 rules, 2 examples, 0 failures\n```\n")


def test_line_of_the_page_on_rules_that_switches_rules_off(tmp_path: Path) -> None:
    off = re.search(r"`(off = \[.*?\])`", take("rules.md", "Rules of your own"))
    assert off is not None
    (tmp_path / "ours.toml").write_text(off[1], encoding="utf-8")
    shipped, left = load_rules(shipped_patterns()), load_rules(shipped_patterns(), tmp_path)
    talus = {f"site.{site}" for site in shipped.sites if shipped.is_within(site, "talus")}
    assert len(talus) == 8
    assert {rule.id for rule in shipped.rules} - {rule.id for rule in left.rules} == {"edema.bare", *talus}


def test_way_from_a_run_to_a_better_rule(follow: Follow, tmp_path: Path) -> None:
    before, then, after = take("review.md", "From a run to a better rule").partition("\nOpen `review.html`.")
    assert then
    follow(before)
    write_work(tmp_path)
    follow(after)
    carrying = take("review.md", "Another table of the same reports").replace("-o again.csv", "-o again.csv --force")
    follow(carrying)
    work = json.loads((tmp_path / "again.review.json").read_text(encoding="utf-8"))
    assert [(len(one["findings"]), one["added"], one["done"]) for one in work["reports"]] == [
        (2, [], True),
        (2, [], True),
        (1, [], True),
    ]


def write_work(folder: Path) -> None:
    """Do on the page what its description says: accept all rows, and add the two that were missed."""
    material = gather(folder / "findings.csv", folder / "reports.csv", ColumnChoice())
    page = (folder / "review.html").read_text(encoding="utf-8")
    data = json.loads(page.partition('id="data">')[2].partition("</script>")[0])
    empty: dict[str, object] = dict.fromkeys(column.name for column in GOLD_COLUMNS if column.name != "mention")
    blush = {"concept": "edema", "assertion": "present", "section": "findings", "subchondral": False}
    missed = {
        "1002": {"site": "talus", "laterality": "right"},
        "1003": {"site": "navicular", "laterality": "left", "severity": "mild"},
    }
    reports = []
    for report in material.content:
        start = report.text.find("marrow blush")
        place = {"start": start, "end": start + len("marrow blush"), "pattern": "unspecified"}
        added = [{"values": empty | blush | place | missed[report.id], "note": ""}] if report.id in missed else []
        decided = [
            {"finding": row["finding"], "decision": "accepted", "values": None, "note": ""} for row in report.findings
        ]
        reports.append(
            {
                "row": report.number,
                "report_id": report.id,
                "done": True,
                "note": "",
                "findings": decided,
                "added": added,
            }
        )
    names = ("format", "version", "key", "blind", "sources", "columns", "marrowtext", "rules")
    work = {name: data[name] for name in names} | {"exported": "2026-01-01T00:00:00.000Z", "reports": reports}
    (folder / "findings.review.json").write_text(json.dumps(work), encoding="utf-8")
