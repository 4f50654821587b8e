"""The columns of the tables that marrowtext writes: the one place where a column is defined."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from marrowtext.metadata import is_other_modality
from marrowtext.model import (
    Assertion,
    AssociatedConcept,
    AssociatedFinding,
    Change,
    Concept,
    Finding,
    Laterality,
    LateralitySource,
    Pattern,
    Report,
    SectionName,
)
from marrowtext.summary import NOT_MENTIONED, ReportSummary, SiteSummary

__all__ = [
    "ASSOCIATED_COLUMNS",
    "ASSOCIATED_TABLE",
    "FINDINGS_TABLE",
    "FINDING_COLUMNS",
    "REPORT_COLUMNS",
    "SITE_COLUMNS",
    "TABLES",
    "Column",
    "ColumnType",
    "associated_row",
    "carried_columns",
    "finding_row",
    "list_tables",
    "report_row",
    "site_row",
    "table_columns",
    "write_dictionary",
]


class ColumnType(StrEnum):
    """The type of a column, the same in every output. The tables of a run hold no dates; other shapes do."""

    STRING = "string"
    INTEGER = "int"
    FLOAT = "float"
    BOOLEAN = "bool"
    DATE = "date"
    TIME = "timestamp"


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, its type, whether it may be empty, what it holds, and its values if they are a
    list.

    Where values are no list but have a form, `pattern` is a regular expression that a whole one matches, in Python as
    in JavaScript, and `form` says the same in words.
    """

    name: str
    type: ColumnType
    nullable: bool
    description: str
    values: tuple[str, ...] = ()
    pattern: str = ""
    form: str = ""


def _values(enum: Iterable[StrEnum]) -> tuple[str, ...]:
    return tuple(member.value for member in enum)


_STRING, _INTEGER, _FLOAT, _BOOLEAN = (
    ColumnType.STRING,
    ColumnType.INTEGER,
    ColumnType.FLOAT,
    ColumnType.BOOLEAN,
)

_VERTEBRA = "(?:C[1-7]|T(?:[1-9]|1[0-2])|L[1-6]|S[1-5])"

FINDING_COLUMNS: tuple[Column, ...] = (
    Column("report_id", _STRING, False, "Id of the report, as given in the input; where it has none, made of its row."),
    Column("finding", _INTEGER, False, "1, 2, … in text order within the report."),
    Column(
        "section",
        _STRING,
        False,
        "Part of the report; text without headings is findings.",
        _values(SectionName),
    ),
    Column("concept", _STRING, False, "Under which name the report speaks of marrow edema.", _values(Concept)),
    Column("mention", _STRING, False, "The words of the mention, as in the text."),
    Column("start", _INTEGER, False, "First code point of the mention in the report text."),
    Column("end", _INTEGER, False, "Code point after the mention: text[start:end] == mention."),
    Column("sentence", _STRING, False, "The sentence that holds the mention, as in the text."),
    Column("assertion", _STRING, False, "What the report claims about the mention.", _values(Assertion)),
    Column("change", _STRING, True, "Change since an earlier exam, where the report says so.", _values(Change)),
    Column("site", _STRING, True, "Most specific site that the words support, an id of the site list."),
    Column("region", _STRING, True, "Body region of the site."),
    Column("bone", _STRING, True, "Topmost ancestor of the site."),
    Column(
        "level",
        _STRING,
        True,
        "Vertebral level or range (L4, L4-L5), or the number of a rib or phalanx.",
        pattern=rf"{_VERTEBRA}(?:-{_VERTEBRA})?|[1-9][0-9]?",
        form="a vertebra or a range of them, such as L4 or L4-L5, or the number of a rib or phalanx, such as 8",
    ),
    Column("zone", _STRING, True, "Where in the site, normalized words with single spaces."),
    Column(
        "laterality",
        _STRING,
        True,
        "Side of the body; empty for midline bone or where unknown.",
        _values(Laterality),
    ),
    Column("laterality_source", _STRING, True, "Where the side was read.", _values(LateralitySource)),
    Column("subchondral", _BOOLEAN, False, "The edema is said to lie at a joint surface or under cartilage."),
    Column("pattern", _STRING, False, "What the edema is said to be due to or part of.", _values(Pattern)),
    Column(
        "pattern_assertion",
        _STRING,
        True,
        "How sure the text is of the pattern; empty where the pattern is unspecified.",
        (Assertion.PRESENT.value, Assertion.POSSIBLE.value),
    ),
    Column("pattern_evidence", _STRING, True, "The words that name the pattern, as in the text."),
    Column("severity", _STRING, True, "Stated severity.", ("minimal", "mild", "moderate", "severe")),
    Column(
        "extent",
        _STRING,
        True,
        "Stated extent.",
        ("focal", "multifocal", "patchy", "linear", "diffuse", "extensive"),
    ),
    Column("acuity", _STRING, True, "Stated age of the edema or of its cause.", ("acute", "subacute", "chronic")),
    Column("size_mm", _FLOAT, True, "Largest stated dimension of the edema, in millimeters."),
    Column("grade_system", _STRING, True, "Grading system that the report names."),
    Column("grade", _STRING, True, "Grade that the report states; never inferred."),
    Column("rules", _STRING, False, "Ids of the rules that made the row, with single spaces."),
)

# What a finding says of itself is FINDING_COLUMNS; which row of which input it came from, only the table
# knows. Two input reports may have the same id: `row` tells their findings apart and joins them to the
# reports table.
_ROW = Column("row", _INTEGER, False, "Number of the report in the input, from 1; unique where ids are not.")

FINDINGS_TABLE: tuple[Column, ...] = (*FINDING_COLUMNS, _ROW)

_BY_NAME = {column.name: column for column in FINDING_COLUMNS}

# What a column of the findings table holds too is told there.
ASSOCIATED_COLUMNS: tuple[Column, ...] = (
    _BY_NAME["report_id"],
    Column("associated", _INTEGER, False, "1, 2, … in text order within the report."),
    _BY_NAME["section"],
    Column("concept", _STRING, False, "What the report speaks of beside the edema.", _values(AssociatedConcept)),
    *(_BY_NAME[name] for name in ("mention", "start", "end", "sentence", "assertion")),
    Column("change", _STRING, True, "Change since an earlier exam, where the report says so.", _values(Change)),
    Column("structure", _STRING, True, "Ligament, tendon, meniscus, labrum or cartilage it is in, as in the text."),
    *(_BY_NAME[name] for name in ("site", "region", "bone", "level", "zone", "laterality", "laterality_source")),
    Column("size_mm", _FLOAT, True, "Largest stated dimension of the finding, in millimeters."),
    Column("grade_system", _STRING, True, "Grading system that the report names; empty for a bare grade."),
    Column("grade_version", _STRING, True, "Version of the system, as in the text (2019 revised, Modified)."),
    Column("grade", _STRING, True, "Grade or stage that the report states; never inferred."),
    Column("grade_words", _STRING, True, "The words that state it, as in the text."),
    _BY_NAME["rules"],
)

ASSOCIATED_TABLE: tuple[Column, ...] = (*ASSOCIATED_COLUMNS, _ROW)

REPORT_COLUMNS: tuple[Column, ...] = (
    Column("report_id", _STRING, False, "Id of the report, as given in the input; where it has none, made of its row."),
    _ROW,
    Column("duplicate_id", _BOOLEAN, False, "An earlier report of the input has the same id."),
    Column("processing", _STRING, False, "Whether the report was read.", ("processed", "error")),
    Column("reason", _STRING, True, "Why the report could not be read; never its text."),
    Column(
        "status",
        _STRING,
        True,
        "Strongest current mention outside indication, technique and comparison.",
        (Assertion.PRESENT.value, Assertion.POSSIBLE.value, Assertion.ABSENT.value, NOT_MENTIONED),
    ),
    Column("findings", _INTEGER, False, "Number of rows in the findings table."),
    Column("present", _INTEGER, False, "Number of present rows."),
    Column("absent", _INTEGER, False, "Number of absent rows."),
    Column("possible", _INTEGER, False, "Number of possible rows."),
    Column("hypothetical", _INTEGER, False, "Number of hypothetical rows."),
    Column("historical", _INTEGER, False, "Number of historical rows."),
    Column("sites", _STRING, True, "Sites of present and possible current rows, sorted, with single spaces."),
    Column("sides", _STRING, True, "Sides of these rows, sorted, with single spaces."),
    Column("patterns", _STRING, True, "Patterns of these rows but unspecified, sorted, with single spaces."),
    Column("conflict", _BOOLEAN, True, "Two sections disagree about a site and side."),
    Column(
        "conflict_between",
        _STRING,
        True,
        "The findings that disagree, by their numbers in twos (1|3 is finding 1 and finding 3), with single spaces.",
    ),
    Column("exam_title", _STRING, True, "Title column of the input."),
    Column("exam_side", _STRING, True, "Side that the side column of the input states.", _values(Laterality)),
    Column("body_part", _STRING, True, "Body part column of the input."),
    Column("modality", _STRING, True, "Modality column of the input."),
    Column("other_modality", _BOOLEAN, False, "The modality is not MRI; the report is read all the same."),
    Column("patient_id", _STRING, True, "Patient column of the input."),
    Column("study_date", _STRING, True, "Date column of the input, as written there."),
    Column("note", _STRING, True, "What is to be known of how it was read, such as lines that are missing."),
)

_FINDING_COLUMNS = {column.name: column for column in FINDING_COLUMNS}

SITE_COLUMNS: tuple[Column, ...] = (
    _FINDING_COLUMNS["report_id"],
    _ROW,
    Column("site", _STRING, False, "Site of the findings, an id of the site list."),
    _FINDING_COLUMNS["region"],
    _FINDING_COLUMNS["bone"],
    _FINDING_COLUMNS["laterality"],
    Column(
        "assertion",
        _STRING,
        False,
        "What the report claims about the site: present before possible before absent.",
        (Assertion.PRESENT.value, Assertion.POSSIBLE.value, Assertion.ABSENT.value),
    ),
    Column("change", _STRING, True, "The impression's change, else the first that is stated.", _values(Change)),
    Column("pattern", _STRING, False, "The surest pattern, of equals the impression's.", _values(Pattern)),
    _FINDING_COLUMNS["pattern_assertion"],
    Column("severity", _STRING, True, "The highest severity.", _FINDING_COLUMNS["severity"].values),
    Column(
        "extent",
        _STRING,
        True,
        "The impression's extent, else the first that is stated.",
        _FINDING_COLUMNS["extent"].values,
    ),
    Column("levels", _STRING, True, "Levels of the findings that claim it, sorted, with single spaces."),
    Column("finding_numbers", _STRING, False, "Numbers of all current findings at the site, with single spaces."),
    Column("conflict", _BOOLEAN, False, "Another section disagrees about the site and side."),
    next(column for column in REPORT_COLUMNS if column.name == "conflict_between"),
)

TABLES: Mapping[str, tuple[Column, ...]] = {
    "findings": FINDINGS_TABLE,
    "reports": REPORT_COLUMNS,
    "sites": SITE_COLUMNS,
    "associated": ASSOCIATED_TABLE,
}
"""The tables of a run, by name; `associated` is written where it is asked for."""

# What the counts of a report are that was not read.
_EMPTY: Mapping[ColumnType, object] = {_INTEGER: 0}

_INTRODUCTION = """\
# Data dictionary

Made by `marrowtext columns` from the column definitions; do not edit it by hand.

Types are the same in CSV, JSONL, Parquet and pandas. An empty value is an empty cell in CSV and `null` in JSONL
and Parquet. In pandas, columns that have a list of values are categories and show an empty value as `NaN`, the
others show it as `<NA>`; `isna()` finds both. Booleans are `true` and `false` in CSV. Input columns that are
carried along follow the columns of each table: as text in files, with their own types in pandas.

`start` and `end` count in the text of one column. Where several text columns are joined (`--text-column` given
more than once), they count in the joined text: for each column that holds something, in the order given, a line
with its name in capitals and a colon (without the words report and text: `IMPRESSION:` for `report_impression`),
then its text, with an empty line between them. That text is written to no table.

Beside its tables `marrowtext extract` writes a manifest (`findings.csv.manifest.json` beside `findings.csv`), which
says what they were made of: see [large-runs.md](large-runs.md).
"""

_FINDINGS_TEXT = "One row per mention and per site and side that it is said to be at; denied mentions have rows too."

_ASSOCIATED_TEXT = """\
One row per finding beside the edema and per site, side and grade that it is said to have, where `--associated` or
`extract_associated` asks for it; denied ones have rows too. Only what is named has a row: an intact ligament has none.
A `ligament_tear` may be a rupture or a sprain, whose grade says how much is torn; one of the plantar fascia and of a
volar or plantar plate is one too. A ligament or tendon that is not seen is torn only `possible`. Maceration of a
meniscus is a `meniscal_tear`, its extrusion alone is none. `mass` is any tumor or suspicious lesion, but no hemangioma,
bone island or cyst. Modic type 2 is a `fatty_change` of the endplate, type 3 a `sclerosis`. An `ankylosis` is a joint
that has fused by itself, no surgical fusion. Findings of soft tissue have a site only where their own words give a
bone. What leaves a scar, as a fracture or a tear does, is `present` where it is called old, remote or healed, outside
of indication and comparison.

An eponym of dead bone is an `osteonecrosis` at the bone that it names, unless its own words name another: Kienböck
(lunate), Preiser (scaphoid), Köhler and Müller-Weiss (navicular), Freiberg (second metatarsal, zone head), Perthes
(femoral head; at the shoulder a `labral_tear`), Panner (capitellum), Kümmell (vertebral body), Hegemann, Friedrich,
Dieterich and Renander. Those of an apophysis that is pulled on or of growth (Osgood-Schlatter,
Sinding-Larsen-Johansson, Sever, Iselin, Scheuermann, Blount) have no row.

What stands under the heading of a vertebral level is at that level. Infection, hardware and masses are not of a disc:
where a later sentence under the heading denies them without a level ("L4-5: Disc bulge. No abscess."), the denial is of
the whole spine, and has no site.

Grades told apart by side, site or structure stand in the rows of these alone ("ARCO II right, III left"); of a finding
of both sides whose one side is graded the other has a row without a grade. Several grades of one finding ("grade II and
III", "Garden III, Pauwels II") have a row each, so count findings by `mention`, `start` and site. A range, or a doubt
between two, is one grade ("2 to 3" and "2 or 3" are `2-3`, "III/IV" is `III/IV`); a mixed Modic 2/3 has a row of each
concept, and the part of a mixed Modic 1/2 that is not edema a `fatty_change` row. A ligament or cartilage described by
its grade alone ("MCL: grade III", "Outerbridge grade 2 of the patella") has a row; grade 0 has none. The systems and
their sources are listed in [grades.md](grades.md)."""

_REPORTS_TEXT = """\
One row per report of the input, findings or none, in input order. A report that could not be read has
`processing` `error` and a reason. A report without an id gets the number of its row as id. Where two reports
have the same id, both are read and both keep it: `duplicate_id` marks the later ones, and `row` tells them
apart in all tables."""

_SITES_TEXT = """\
One row per report, site and side: its current findings there (none of indication, technique and comparison,
none hypothetical or historical) resolved to one claim. A finding without a site is in no row. `change`,
`severity`, `extent` and `pattern` come of present and possible findings where the site is present or possible,
else of absent ones. The policy is a table, `patterns/policy.toml`. Join `row` and `finding_numbers` to the
findings table for the words."""


_TEXTS = {"findings": _FINDINGS_TEXT, "reports": _REPORTS_TEXT, "sites": _SITES_TEXT, "associated": _ASSOCIATED_TEXT}


def carried_columns(names: Iterable[str]) -> tuple[Column, ...]:
    """Give the columns of a table for input columns that are carried along: text, as in the input."""
    return tuple(Column(name, _STRING, True, "Carried along from the input, unread.") for name in names)


def finding_row(finding: Finding) -> dict[str, object]:
    """Give the finding as plain values, one for each of FINDING_COLUMNS, in their order.

    Enum members become strings and the rule ids one string, so that the row can be written, pickled by a
    worker or put in a frame.
    """
    return _write_values(finding, FINDING_COLUMNS)


def associated_row(finding: AssociatedFinding) -> dict[str, object]:
    """Give the associated finding as plain values, one for each of ASSOCIATED_COLUMNS, in their order."""
    return _write_values(finding, ASSOCIATED_COLUMNS)


def _write_values(finding: Finding | AssociatedFinding, columns: Iterable[Column]) -> dict[str, object]:
    return {column.name: _plain(getattr(finding, column.name)) for column in columns}


def site_row(report_id: str, summary: SiteSummary) -> dict[str, object]:
    """Give one row of the sites table as plain values, one for each of SITE_COLUMNS but `row`, in their order."""
    columns = (column.name for column in SITE_COLUMNS if column is not _ROW)
    return {name: report_id if name == "report_id" else _plain(getattr(summary, name)) for name in columns}


def _plain(value: object) -> object:
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, tuple):
        return " ".join(map(str, value)) or None
    return value


def list_tables(associated: bool) -> tuple[str, ...]:
    """Give the names of the tables of a run, `associated` among them where it is asked for."""
    return tuple(table for table in TABLES if associated or table != "associated")


def table_columns(table: str, carried: Iterable[str]) -> tuple[Column, ...]:
    """Give the columns of a table of a run with those that are carried along. What is carried along under the name of
    one of its own is in it already.
    """
    own = TABLES[table]
    names = {column.name for column in own}
    return (*own, *carried_columns(name for name in carried if name not in names))


def report_row(
    report: Report,
    row: int,
    duplicate: bool,
    summary: ReportSummary | None,
    reason: str | None = None,
    note: str | None = None,
) -> dict[str, object]:
    """Give one row of the reports table, one value for each of REPORT_COLUMNS, in their order.

    A report that could not be read has no summary but a reason: its counts are 0, its status and conflict
    empty.
    """
    values: dict[str, object] = {
        "report_id": report.id,
        "row": row,
        "duplicate_id": duplicate,
        "processing": "processed" if summary else "error",
        "reason": reason,
        "exam_title": report.title,
        "exam_side": report.side.value if report.side else None,
        "body_part": report.body_part,
        "modality": report.modality,
        "other_modality": is_other_modality(report.modality),
        "patient_id": report.patient_id,
        "study_date": report.study_date,
        "note": note,
    }
    for column in REPORT_COLUMNS:
        if column.name not in values:
            values[column.name] = _plain(getattr(summary, column.name)) if summary else _EMPTY.get(column.type)
    return {column.name: values[column.name] for column in REPORT_COLUMNS}


def write_dictionary() -> str:
    """Write the data dictionary of all tables, as Markdown."""
    head = "| column | type | may be empty | what it holds |\n|---|---|---|---|\n"
    parts = [_INTRODUCTION]
    for name, columns in TABLES.items():
        parts.append(f"\n## Table `{name}`\n\n{_TEXTS[name]}\n\n{head}")
        for column in columns:
            values = " ".join(f"`{value}`" for value in column.values)
            description = f"{column.description} Values: {values}." if values else column.description
            empty = "yes" if column.nullable else "no"
            parts.append(f"| `{column.name}` | {column.type.value} | {empty} | {description} |\n")
    return "".join(parts)
