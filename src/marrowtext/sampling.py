"""Samples for chart review: rows and reports drawn by strata, a sheet to fill in, and a key that keeps the weights."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from marrowtext import __version__
from marrowtext.columns import FINDING_COLUMNS, FINDINGS_TABLE, Column, ColumnType
from marrowtext.errors import InputError
from marrowtext.sheets import check_sheet, write_sheet
from marrowtext.statements import name
from marrowtext.store import Store, make_frame, open_store
from marrowtext.suggestions import nearest
from marrowtext.writers import check_target, replace_text

if TYPE_CHECKING:
    import pandas

    from marrowtext.store import Tables

__all__ = ["ANSWERS", "REPORT", "ROW", "SHEET_COLUMNS", "Sample", "draw_sample", "key_path"]

_STRING, _INTEGER = ColumnType.STRING, ColumnType.INTEGER
ROW, REPORT = "row", "report"
ANSWERS = ("verdict_1", "verdict_2", "adjudicated")
# What the reviewer is asked of each kind of line.
QUESTIONS = {
    ROW: "Is every filled cell of this row right?",
    REPORT: "Does the report say that marrow edema is present now?",
}

_SHOWN = (
    *("section", "concept", "mention", "sentence", "assertion", "change", "site", "level", "zone", "laterality"),
    *("subchondral", "pattern", "severity"),
)
_COPIED = {column.name: column for column in FINDING_COLUMNS}

SHEET_COLUMNS: tuple[Column, ...] = (
    Column("line", _INTEGER, False, "Number of the line."),
    Column("kind", _STRING, False, "What is judged: a row of the findings table, or a report.", (ROW, REPORT)),
    Column("report_id", _STRING, False, "Id of the report."),
    Column("row", _INTEGER, False, "Number of the report in the input."),
    Column("finding", _INTEGER, True, "Number of the finding in the report; empty for a report."),
    *(Column(column, _STRING, True, _COPIED[column].description) for column in _SHOWN),
    Column("question", _STRING, False, "What is asked."),
    Column("verdict_1", _STRING, True, "Answer of the first reviewer: yes or no."),
    Column("verdict_2", _STRING, True, "Answer of the second reviewer, if there is one: yes or no."),
    Column("adjudicated", _STRING, True, "The answer that holds where the two differ: yes or no."),
    Column("note", _STRING, True, "Anything the reviewer wants to say."),
)


@dataclass(frozen=True, slots=True)
class Sample:
    """A sheet to fill in, and its key: which line is of which stratum, and how many units each stratum has.

    The sheet does not say what the program made of a report whose line is of the kind `report`, so that the reviewer
    is blind to it; the key does.
    """

    sheet: pandas.DataFrame
    key: Mapping[str, Any]

    def write(self, out: str | Path, *, force: bool = False) -> Path:
        """Write the sheet to `out` (.csv or .xlsx), and its key beside it. Raises InputError where it cannot."""
        out = Path(out)
        check_sheet(out)
        for target in (out, key_path(out)):
            check_target(target, force=force)
        rows = self.sheet.astype(object).where(self.sheet.notna(), None).to_dict("records")
        write_sheet(out, SHEET_COLUMNS, [{str(key): value for key, value in row.items()} for row in rows])
        replace_text(key_path(out), json.dumps(self.key, indent=1, ensure_ascii=False) + "\n")
        return out


def key_path(sheet: Path) -> Path:
    """Give the path of the key that belongs to a sheet: `SHEET.key.json` beside `SHEET.csv`."""
    return sheet.with_name(f"{sheet.stem}.key.json")


def draw_sample(
    tables: Tables, *, rows: int = 200, reports: int = 100, by: str | Sequence[str] = ("assertion",), seed: int = 1
) -> Sample:
    """Draw rows of the findings table and reports, the same for the same tables and seed.

    Rows are drawn by the columns in `by`, reports by their status, among them the silent ones (`not_mentioned`). Each
    stratum gives the same number; one that has fewer gives all, and the others share the rest. Raises InputError for a
    column that is not there or has too many values, and where there is nothing to draw.
    """
    names = [by] if isinstance(by, str) else list(by)
    with open_store(tables) as store:
        for column in names:
            _check_column(store, column)
        drawn = [*_draw_rows(store, names, rows, seed), *_draw_reports(store, reports, seed)]
        if not any(stratum["sampled"] for stratum, _ in drawn):
            raise InputError(f"{store.source}: there is nothing to draw; ask for one row or report at least")
        lines = _shuffle(drawn, seed)
        sheet = _fill(store, lines)
        key = {
            "seed": seed,
            "by": names,
            "marrowtext": __version__,
            "rules": store.rules,
            "tables": {table: stored.sha256 for table, stored in store.tables.items()},
            "strata": [stratum for stratum, _ in drawn],
            "lines": [
                {"line": number, "kind": kind, "stratum": stratum, "row": row, "finding": finding}
                for number, (kind, stratum, row, finding) in enumerate(lines, start=1)
            ],
        }
    return Sample(make_frame(SHEET_COLUMNS, sheet), key)


_Unit = tuple[int, int | None]
_Drawn = tuple[dict[str, Any], list[_Unit]]
_Line = tuple[str, str, int, int | None]
_MOST_STRATA = 60


def _check_column(store: Store, column: str) -> None:
    there = store.tables["findings"].columns
    known = [each.name for each in FINDINGS_TABLE if each.name in there]
    known += [each for each in there if each not in known]
    parts = [part.strip() for part in column.split(",")]
    if column not in known and len(parts) > 1:
        listed = " ".join(f"--by {part}" for part in parts)
        raise InputError(f"{column!r} is no column; name each for itself, as {listed} (in Python by={parts})")
    if column not in known:
        raise InputError(f"{store.source}: the findings table has no column {column!r}; {nearest(column, known)}")


def _draw_rows(store: Store, by: Sequence[str], count: int, seed: int) -> Iterable[_Drawn]:
    columns = ", ".join(f"coalesce(CAST({name(column)} AS VARCHAR), '')" for column in by)
    labels = f"[{columns}]" if by else "['all']"
    return _draw(store, f'SELECT {labels}, "row", finding FROM findings', ROW, count, seed)


def _draw_reports(store: Store, count: int, seed: int) -> Iterable[_Drawn]:
    query = "SELECT [CAST(status AS VARCHAR)], \"row\", NULL FROM reports WHERE processing = 'processed'"
    return _draw(store, query, REPORT, count, seed)


def _draw(store: Store, query: str, kind: str, count: int, seed: int) -> Iterable[_Drawn]:
    strata: dict[str, list[_Unit]] = {}
    for labels, row, finding in store.rows(f"{query} ORDER BY 1, 2, 3"):
        strata.setdefault(", ".join(label or "(empty)" for label in labels), []).append((row, finding))
        if len(strata) > _MOST_STRATA:
            raise InputError(f"{store.source}: more than {_MOST_STRATA} strata of rows; name columns with fewer values")
    shares = _allot({label: len(units) for label, units in strata.items()}, count)
    for label, units in strata.items():
        # A stratum draws the same units whatever the others are.
        drawn = random.Random(f"{seed} {kind} {label}").sample(units, shares[label])
        yield {"kind": kind, "stratum": label, "size": len(units), "sampled": len(drawn)}, drawn


def _allot(sizes: Mapping[str, int], count: int) -> dict[str, int]:
    """Share out a number equally, to none more than it has."""
    shares = dict.fromkeys(sizes, 0)
    left = min(count, sum(sizes.values()))
    while left:
        open_ = [label for label in sizes if shares[label] < sizes[label]]
        each = max(left // len(open_), 1)
        for label in open_[:left]:
            more = min(each, sizes[label] - shares[label])
            shares[label] += more
            left -= more
    return shares


def _shuffle(drawn: Iterable[_Drawn], seed: int) -> list[_Line]:
    """Mix the lines of each kind, so that neighbors do not tell of their stratum."""
    by_kind: dict[str, list[_Line]] = {ROW: [], REPORT: []}
    for stratum, units in drawn:
        by_kind[stratum["kind"]].extend((stratum["kind"], stratum["stratum"], *unit) for unit in units)
    for kind, lines in by_kind.items():
        random.Random(f"{seed} {kind}").shuffle(lines)
    return [*by_kind[ROW], *by_kind[REPORT]]


def _fill(store: Store, lines: Sequence[_Line]) -> list[dict[str, object]]:
    wanted = ", ".join(str(row) for row in sorted({row for _, _, row, _ in lines}))
    ids = dict(store.rows(f'SELECT "row", report_id FROM reports WHERE "row" IN ({wanted})'))
    told = ", ".join(f"CAST({name(column)} AS VARCHAR)" for column in _SHOWN)
    found = {
        (row, finding): values
        for row, finding, *values in store.rows(
            f'SELECT "row", finding, {told} FROM findings WHERE "row" IN ({wanted})'
        )
    }
    sheet: list[dict[str, object]] = []
    for number, (kind, _, row, finding) in enumerate(lines, start=1):
        values = found[row, finding] if kind == ROW else [None] * len(_SHOWN)
        sheet.append(
            {
                "line": number,
                "kind": kind,
                "report_id": str(ids[row]),
                "row": row,
                "finding": finding,
                **dict(zip(_SHOWN, values, strict=True)),
                "question": QUESTIONS[kind],
                **dict.fromkeys((*ANSWERS, "note")),
            }
        )
    return sheet
