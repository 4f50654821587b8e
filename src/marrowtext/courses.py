"""Courses: what serial reports say of one site and side of a patient, and where two of them disagree."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from marrowtext.columns import FINDING_COLUMNS, Column, ColumnType
from marrowtext.errors import InputError
from marrowtext.reading import Patterns, pattern_folders
from marrowtext.rules import RuleSet, load_rules
from marrowtext.statements import name, read_date, text
from marrowtext.store import (
    BODY_PART,
    DATE,
    PATIENT,
    Store,
    check_column,
    check_dates,
    make_frame,
    open_store,
)

if TYPE_CHECKING:
    import pandas

    from marrowtext.store import Tables

__all__ = ["COURSE_COLUMNS", "STATE_COLUMNS", "CourseFrames", "Courses", "follow", "follow_courses"]

_STRING, _INTEGER, _BOOLEAN = ColumnType.STRING, ColumnType.INTEGER, ColumnType.BOOLEAN
_COPIED = {column.name: column for column in FINDING_COLUMNS}
_STATES = ("present", "possible", "absent")
_DEGREES = _COPIED["severity"].values
# What a finding is called that says that edema was there before.
_COMPARED = ("increased", "decreased", "unchanged")

_DISAGREEMENTS = (
    "new_but_seen",
    "compared_but_absent",
    "resolved_but_never_seen",
    "absent_but_unchanged",
    "decreased_but_higher",
    "increased_but_lower",
    "unchanged_but_other",
)

_WHOSE = (
    Column("patient_id", _STRING, False, "Id of the patient, as given in the input."),
    Column("site", _STRING, False, "Site, an id of the site list."),
    _COPIED["region"],
    _COPIED["bone"],
    _COPIED["level"],
    Column(
        "laterality",
        _STRING,
        True,
        "Side of the body, empty for midline bone or where unknown; a bilateral finding is in both courses.",
        ("left", "right"),
    ),
)

STATE_COLUMNS: tuple[Column, ...] = (
    *_WHOSE,
    Column("study_date", _STRING, False, "Day of the report, as 2021-03-04."),
    Column("report_id", _STRING, False, "Id of the report."),
    Column("row", _INTEGER, False, "Number of the report in the input."),
    Column("finding", _INTEGER, False, "Number of the finding in the report that says so; the first of several."),
    Column("state", _STRING, False, "What the report claims of the site: the strongest of its rows.", _STATES),
    Column(
        "said_of",
        _STRING,
        False,
        "What the finding speaks of: the site, a part of it, what it is part of, or all that was examined.",
        ("site", "part", "whole", "exam"),
    ),
    Column("change", _STRING, True, "Change that the report states.", _COPIED["change"].values),
    Column(
        "course",
        _STRING,
        False,
        "What comes of the state and the report before: first_seen, seen_again, gone, back, or still_absent.",
        ("first_seen", "seen_again", "gone", "back", "still_absent"),
    ),
    Column("severity", _STRING, True, "Stated severity, the highest.", _DEGREES),
    Column("days_since_first", _INTEGER, True, "Days since the first report that affirms it."),
    Column("days_since_last", _INTEGER, True, "Days since the report before in the course."),
    Column(
        "disagreement",
        _STRING,
        True,
        "How the stated change disagrees with the earlier report named in the next columns.",
        _DISAGREEMENTS,
    ),
    Column("earlier_report_id", _STRING, True, "Id of the earlier report that it disagrees with."),
    Column("earlier_row", _INTEGER, True, "Number of that report in the input."),
    Column("earlier_finding", _INTEGER, True, "Number of the finding in that report."),
)

COURSE_COLUMNS: tuple[Column, ...] = (
    *_WHOSE,
    Column("reports", _INTEGER, False, "Number of reports that speak of it."),
    Column("states", _STRING, False, "The state in each of these, in order of time, with single spaces."),
    Column("first_seen", _STRING, True, "Day of the first report that affirms it; empty where only its end is told."),
    Column("last_seen", _STRING, True, "Day of the last report that affirms it."),
    Column("resolved", _BOOLEAN, False, "The last report that speaks of it says that it is gone."),
    Column("resolved_on", _STRING, True, "Day of the first report, after the last that affirms it, that says so."),
    Column("recurred", _BOOLEAN, False, "It was seen, gone, and seen again."),
    Column("days_seen", _INTEGER, True, "Days from first_seen to last_seen."),
    Column("days_to_resolved", _INTEGER, True, "Days from first_seen to resolved_on."),
    Column("disagreement", _BOOLEAN, False, "A stated change disagrees with an earlier report; the states say which."),
)


class CourseFrames(NamedTuple):
    """The courses, one row each, and their states, one row for each report that speaks of a course."""

    courses: pandas.DataFrame
    states: pandas.DataFrame


@dataclass(frozen=True, slots=True)
class Courses:
    """Rows of the two tables, and how many reports could not be placed: without a patient, without a date."""

    courses: list[dict[str, object]]
    states: list[dict[str, object]]
    without_patient: int
    without_date: int


@dataclass(frozen=True, slots=True)
class _State:
    day: date
    report_id: str
    row: int
    finding: int
    state: str
    said_of: str
    change: str | None
    severity: str | None

    @property
    def seen(self) -> bool:
        return self.state != "absent"


def follow_courses(tables: Tables, *, date_format: str | None = None, patterns: Patterns = None) -> CourseFrames:
    """Give the courses in the tables of a run: a folder, a findings file, a DuckDB file, or frames by name.

    The reports table needs the columns `patient_id` and `study_date`. A report without one of them is in no course.
    `date_format` says how dates are written, such as "%d/%m/%Y", where it is neither 2021-03-04 nor 20210304. Raises
    InputError where the columns are missing or empty, or a date is none.
    """
    with open_store(tables, date_format) as store:
        followed = follow(store, load_rules(*pattern_folders(patterns)))
    return CourseFrames(make_frame(COURSE_COLUMNS, followed.courses), make_frame(STATE_COLUMNS, followed.states))


def follow(store: Store, rules: RuleSet, patient: str = PATIENT, day: str = DATE) -> Courses:
    """Follow each site and side that some report affirms, or says to be resolved, through all reports of the patient.

    A report speaks of a site by a current finding at it, or at a part of it that is affirmed, or at what it is part of
    that is denied; the bones of a joint are parts of it. A denial without a site is of all that was examined: it counts
    where both reports are of one body part by the column `body_part`, or else where all sites of the patient are of one
    region.
    """
    columns = store.tables["reports"].columns
    for column, what, option in ((patient, "patient", "patient-id"), (day, "date", "study-date")):
        if column not in columns or not check_column(store, column):
            raise InputError(
                f"{store.source}: the reports table has no column {column!r} for the {what}, or an empty one; "
                f"name the one of the input that has it: marrowtext extract --{option}-column COLUMN"
            )
    check_dates(store, day)
    store.run(_write_statements(store, rules, patient, day))
    lacks = store.rows("SELECT count(*) FILTER (patient_id IS NULL), count(*) FILTER (study_date IS NULL) FROM dated")[
        0
    ]
    made: list[dict[str, object]] = []
    states: list[dict[str, object]] = []
    query = (
        'SELECT patient_id, site, level, laterality, study_date, report_id, "row", finding, state, said_of, change, '
        "severity FROM said "
        'ORDER BY patient_id, site, level NULLS FIRST, laterality NULLS FIRST, study_date, "row"'
    )
    for (who, site, level, side), group in groupby(store.rows(query), key=lambda row: row[:4]):
        whose = {
            "patient_id": who,
            "site": site,
            "region": rules.sites[site].region if site in rules.sites else None,
            "bone": rules.bone(site) if site in rules.sites else None,
            "level": level,
            "laterality": side,
        }
        course = [_State(*row[4:]) for row in group]
        states.extend({**whose, **state} for state in _tell_states(course))
        made.append({**whose, **_sum_up(course, any(s["disagreement"] for s in states[-len(course) :]))})
    return Courses(made, states, int(lacks[0]), int(lacks[1]))


def _sum_up(course: Sequence[_State], disagreement: bool) -> dict[str, object]:
    seen = [place for place, state in enumerate(course) if state.seen]
    first = course[seen[0]].day if seen else None
    last = course[seen[-1]].day if seen else None
    gone = next((state.day for state in course[seen[-1] + 1 if seen else 0 :]), None)
    return {
        "reports": len(course),
        "states": " ".join(state.state for state in course),
        "first_seen": first and first.isoformat(),
        "last_seen": last and last.isoformat(),
        "resolved": not course[-1].seen,
        "resolved_on": gone and gone.isoformat(),
        "recurred": any(not state.seen for state in course[seen[0] : seen[-1]]) if seen else False,
        "days_seen": (last - first).days if first and last else None,
        "days_to_resolved": (gone - first).days if first and gone else None,
        "disagreement": disagreement,
    }


def _tell_states(course: Sequence[_State]) -> Iterator[dict[str, object]]:
    first = next((state.day for state in course if state.seen), None)
    for place, state in enumerate(course):
        before = course[:place]
        kind, earlier = _find_disagreement(state, before)
        yield {
            "study_date": state.day.isoformat(),
            "report_id": state.report_id,
            "row": state.row,
            "finding": state.finding,
            "state": state.state,
            "said_of": state.said_of,
            "change": state.change,
            "course": _tell_course(state, before),
            "severity": state.severity,
            "days_since_first": (state.day - first).days if first and state.day >= first else None,
            "days_since_last": (state.day - before[-1].day).days if before else None,
            "disagreement": kind,
            "earlier_report_id": earlier.report_id if earlier else None,
            "earlier_row": earlier.row if earlier else None,
            "earlier_finding": earlier.finding if earlier else None,
        }


def _tell_course(state: _State, before: Sequence[_State]) -> str:
    was_seen = any(earlier.seen for earlier in before)
    if not state.seen:
        # A report that says "resolved" tells of an earlier one that may not be among these.
        gone = before[-1].seen if before else state.change == "resolved"
        return "gone" if gone else "still_absent"
    if not was_seen:
        return "first_seen"
    return "seen_again" if before[-1].seen else "back"


def _find_disagreement(state: _State, before: Sequence[_State]) -> tuple[str | None, _State | None]:
    """Hold what a report says of change against the last report before it that speaks of the site."""
    if not before or state.change is None:
        return None, None
    last = before[-1]
    if not state.seen:
        if state.change == "resolved" and not any(earlier.seen for earlier in before):
            return "resolved_but_never_seen", last
        if state.change in _COMPARED and last.seen:
            return "absent_but_unchanged", last
        return None, None
    if state.change == "new" and last.seen:
        return "new_but_seen", last
    if state.change not in _COMPARED:
        return None, None
    if not last.seen:
        return "compared_but_absent", last
    return _compare_severity(state, last)


def _compare_severity(state: _State, last: _State) -> tuple[str | None, _State | None]:
    if state.severity is None or last.severity is None:
        return None, None
    step = _DEGREES.index(state.severity) - _DEGREES.index(last.severity)
    if state.change == "decreased" and step > 0:
        return "decreased_but_higher", last
    if state.change == "increased" and step < 0:
        return "increased_but_lower", last
    if state.change == "unchanged" and step != 0:
        return "unchanged_but_other", last
    return None, None


def _write_statements(store: Store, rules: RuleSet, patient: str, day: str) -> str:
    """Write the SQL that makes `said`: for each course and each report that speaks of it, the strongest state."""
    silent = ", ".join(text(section.value) for section in rules.policy.silent_sections)
    below = ", ".join(f"({text(site)}, {text(above)})" for site, above in _list_covers(rules))
    joints = ", ".join(text(site) for site, rule in rules.sites.items() if rule.joint)
    degrees = ", ".join(map(text, _DEGREES))
    states = ", ".join(map(text, (status.value for status in rules.policy.status)))
    part = (
        f"trim(lower(CAST({name(BODY_PART)} AS VARCHAR)))" if BODY_PART in store.tables["reports"].columns else "NULL"
    )
    return f"""
CREATE OR REPLACE TEMP TABLE dated AS
SELECT "row", report_id, nullif(trim(CAST({name(patient)} AS VARCHAR)), '') AS patient_id,
       {read_date(name(day))} AS study_date, {part} AS body_part
FROM reports WHERE processing = 'processed';

-- Each site with what covers it: what it lies in, and the joint of it.
CREATE OR REPLACE TEMP TABLE tree (site VARCHAR, above VARCHAR);
INSERT INTO tree VALUES {below};

-- Current claims, a bilateral one on either side.
CREATE OR REPLACE TEMP TABLE claims AS
SELECT d.patient_id, d.study_date, d.report_id, d."row", d.body_part, f.finding, f.site, f.region, f.level, f.concept,
       f.change, f.severity, CAST(f.assertion AS VARCHAR) AS state,
       unnest(CASE WHEN f.laterality = 'bilateral' THEN ['left', 'right'] ELSE [CAST(f.laterality AS VARCHAR)] END)
         AS laterality
FROM findings AS f JOIN dated AS d USING ("row")
WHERE f.section NOT IN ({silent}) AND f.assertion IN ({states})
  AND d.patient_id IS NOT NULL AND d.study_date IS NOT NULL;

-- What is followed: each site, level and side that is affirmed, or said to be gone. A joint beside a bone of it says no
-- more than the bone: "left hip marrow edema" in the impression on a femoral head, or gone from the hip.
CREATE OR REPLACE TEMP TABLE followed AS
SELECT DISTINCT patient_id, site, level, laterality FROM claims AS c
WHERE site IS NOT NULL AND (state <> 'absent' OR change = 'resolved')
  AND NOT (c.site IN ({joints}) AND c.level IS NULL AND EXISTS (
    SELECT 1 FROM claims AS b JOIN tree AS t ON t.site = b.site AND t.above = c.site
    WHERE b.patient_id = c.patient_id AND b.laterality IS NOT DISTINCT FROM c.laterality AND b.state <> 'absent'
      AND b.site <> c.site AND (b."row" = c."row" OR c.state = 'absent')));

CREATE OR REPLACE TEMP TABLE one_region AS
SELECT patient_id FROM claims GROUP BY patient_id HAVING count(DISTINCT region) = 1;

-- The parts of the body whose exams speak of a site that is followed.
CREATE OR REPLACE TEMP TABLE parts AS
SELECT DISTINCT patient_id, site, laterality, body_part FROM claims WHERE body_part IS NOT NULL AND site IS NOT NULL;

CREATE OR REPLACE TEMP TABLE said AS
WITH spoken AS (
  SELECT f.patient_id, f.site, f.level, f.laterality, c.study_date, c.report_id, c."row", c.finding, c.state, c.change,
         c.severity,
         CASE WHEN c.site = f.site AND c.level IS NOT DISTINCT FROM f.level THEN 'site' WHEN c.site IS NULL THEN 'exam'
              WHEN c.state = 'absent' THEN 'whole' ELSE 'part' END AS said_of
  FROM followed AS f JOIN claims AS c ON c.patient_id = f.patient_id
    AND (c.laterality IS NOT DISTINCT FROM f.laterality OR (c.site IS NULL AND c.laterality IS NULL))
  WHERE (c.state <> 'absent' AND (f.level IS NULL OR c.level = f.level)
         AND (c.site, f.site) IN (SELECT (site, above) FROM tree))
     OR (c.state = 'absent' AND (c.level IS NULL OR c.level = f.level)
         AND ((f.site, c.site) IN (SELECT (site, above) FROM tree)
              OR c.site IS NULL
                 AND CASE WHEN c.body_part IS NULL THEN f.patient_id IN (SELECT patient_id FROM one_region)
                     ELSE (f.patient_id, f.site, c.body_part) IN (SELECT (patient_id, site, body_part) FROM parts) END)
         -- "No other edema" does not deny a part of what the report affirms; but "the contusions have resolved" is of
         -- all contusions, whatever edema under another name it affirms.
         AND (c.site = f.site OR NOT EXISTS (
           SELECT 1 FROM claims AS w JOIN tree AS t ON t.site = f.site AND t.above = w.site
           WHERE w."row" = c."row" AND w.state <> 'absent' AND w.laterality IS NOT DISTINCT FROM f.laterality
             AND w.site <> f.site
             AND NOT (c.site IS NULL AND c.change IS NOT DISTINCT FROM 'resolved' AND w.concept <> c.concept))))
), ranked AS (
  SELECT *, row_number() OVER (
      PARTITION BY patient_id, site, level, laterality, "row"
      ORDER BY list_position([{states}], state), list_position(['site', 'part', 'whole', 'exam'], said_of), finding
    ) AS place,
    -- What is said of a part, such as that it is new, is not said of the whole.
    first_value(CASE WHEN said_of <> 'part' THEN change END IGNORE NULLS) OVER w AS said_change,
    CASE WHEN said_of = 'site' THEN list_position([{degrees}], severity) END AS degree
  FROM spoken
  WINDOW w AS (PARTITION BY patient_id, site, level, laterality, "row", state, said_of ORDER BY finding
               ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
)
SELECT patient_id, site, level, laterality, study_date, report_id, "row",
       max(finding) FILTER (place = 1) AS finding, max(state) FILTER (place = 1) AS state,
       max(said_of) FILTER (place = 1) AS said_of, max(said_change) FILTER (place = 1) AS change,
       [{degrees}][max(degree) FILTER (state <> 'absent')] AS severity
FROM ranked GROUP BY patient_id, site, level, laterality, study_date, report_id, "row";
"""


def _list_covers(rules: RuleSet) -> Iterator[tuple[str, str]]:
    """Yield each site with each one that covers it, itself among them."""
    sites: Mapping[str, object] = rules.sites
    for site in sites:
        for above in sites:
            if rules.covers(above, site):
                yield site, above
