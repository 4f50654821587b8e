"""The SQL of the units of a cohort, reports, patients, or patients with their sides, and of the reports of each."""

from __future__ import annotations

from collections.abc import Sequence

from marrowtext.statements import is_among
from marrowtext.store import ASSOCIATED, FINDINGS

__all__ = ["SIDED", "write_units"]

SIDED = "patient-side"
# Whether an exam is of the side of the unit, as far as is known.
_EXAMINED = "coalesce(e.side IN (u.laterality, 'bilateral'), true)"


def write_units(unit: str, silent: Sequence[str], *, beside: bool) -> str:
    """Write the statements that make `units`, `unit_reports` and `step_0` of `looked_at`, the reports looked at.

    A patient and side also needs the table `exams`. With `beside` there is a table of associated findings, and
    `reports_beside` has the reports that are of the unit by such a finding alone. `silent` are the sections of which
    a finding says nothing of this exam.
    """
    if unit == SIDED:
        return _by_side(silent, beside=beside)
    return _by_report() if unit == "report" else _by_patient()


def _by_report() -> str:
    return (
        "-- Each report is a unit.\n"
        "CREATE OR REPLACE TEMP TABLE units AS\n"
        'SELECT "row" AS unit, patient_id, CAST(NULL AS VARCHAR) AS laterality, report_id, "row"\n'
        "FROM looked_at;\n"
        'CREATE OR REPLACE TEMP TABLE unit_reports AS\nSELECT "row" AS unit, CAST(NULL AS VARCHAR) AS laterality, '
        '"row", report_id, study_date\nFROM looked_at;\n'
        "CREATE OR REPLACE TEMP TABLE step_0 AS SELECT unit FROM units;\n"
    )


def _by_patient() -> str:
    return (
        "-- Each patient is a unit.\n"
        "CREATE OR REPLACE TEMP TABLE units AS\n"
        "SELECT row_number() OVER (ORDER BY patient_id) AS unit, patient_id, "
        'CAST(NULL AS VARCHAR) AS laterality, CAST(NULL AS VARCHAR) AS report_id, CAST(NULL AS BIGINT) AS "row"\n'
        "FROM (SELECT DISTINCT patient_id FROM looked_at WHERE patient_id IS NOT NULL);\n"
        "CREATE OR REPLACE TEMP TABLE unit_reports AS\n"
        'SELECT u.unit, u.laterality, l."row", l.report_id, l.study_date\n'
        "FROM units AS u JOIN looked_at AS l USING (patient_id);\n"
        "CREATE OR REPLACE TEMP TABLE step_0 AS SELECT unit FROM units;\n"
    )


def _by_side(silent: Sequence[str], *, beside: bool) -> str:
    named = ""
    if beside:
        named = (
            "-- Reports that name the side by an associated finding alone: for steps that ask for such.\n"
            "CREATE OR REPLACE TEMP TABLE reports_beside AS\n"
            'SELECT DISTINCT u.unit, u.laterality, l."row", l.report_id, l.study_date, '
            f"{_EXAMINED} AS examined\n"
            f'FROM units AS u JOIN looked_at AS l USING (patient_id) JOIN {ASSOCIATED} AS a ON a."row" = l."row" '
            "AND a.laterality IN (u.laterality, 'bilateral')\n"
            'LEFT JOIN exams AS e ON e."row" = l."row"\n'
            'WHERE (u.unit, l."row") NOT IN (SELECT (unit, "row") FROM unit_reports);\n'
        )
    return (
        "-- The sides of each report: those of its exam and of its findings. What an indication or the like names\n"
        "-- counts only where nothing else names a side.\n"
        "CREATE OR REPLACE TEMP TABLE report_sides AS\n"
        'WITH said AS (\n  SELECT "row", side, true AS current FROM exams\n'
        f'  UNION SELECT "row", CAST(laterality AS VARCHAR), NOT {is_among("section", silent)} '
        f"FROM {FINDINGS} WHERE laterality IN ('left', 'right', 'bilateral')\n)\n"
        "SELECT DISTINCT \"row\", unnest(CASE side WHEN 'bilateral' THEN ['left', 'right'] ELSE [side] END) "
        "AS laterality\n"
        'FROM said WHERE current OR "row" NOT IN (SELECT "row" FROM said WHERE current);\n'
        "-- Each patient and side is a unit. Its reports are of the side, or of no side that is known.\n"
        "CREATE OR REPLACE TEMP TABLE units AS\n"
        "SELECT row_number() OVER (ORDER BY patient_id, laterality) AS unit, patient_id, laterality, "
        'CAST(NULL AS VARCHAR) AS report_id, CAST(NULL AS BIGINT) AS "row"\n'
        'FROM (SELECT DISTINCT patient_id, laterality FROM looked_at JOIN report_sides USING ("row") '
        "WHERE patient_id IS NOT NULL);\n"
        "CREATE OR REPLACE TEMP TABLE unit_reports AS\n"
        'SELECT u.unit, u.laterality, l."row", l.report_id, l.study_date, '
        f"{_EXAMINED} AS examined\n"
        'FROM units AS u JOIN looked_at AS l USING (patient_id) LEFT JOIN exams AS e ON e."row" = l."row"\n'
        'WHERE (l."row", u.laterality) IN (SELECT ("row", laterality) FROM report_sides)\n'
        '   OR l."row" NOT IN (SELECT "row" FROM report_sides);\n'
        f"{named}CREATE OR REPLACE TEMP TABLE step_0 AS SELECT unit FROM units;\n"
    )
