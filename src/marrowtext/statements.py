"""Parts of SQL statements: names and values that are quoted, and how the cell of a date or a grade is read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from marrowtext.errors import InputError

__all__ = ["define_macros", "fits_format", "is_among", "is_within", "name", "read_date", "read_grade", "text"]

# Roman numerals of grades; the longer ones first, since a shorter one begins them.
_NUMERALS = (("viii", 8), ("vii", 7), ("vi", 6), ("iv", 4), ("v", 5), ("iii", 3), ("ii", 2), ("i", 1))


def name(identifier: str) -> str:
    """Quote a name of a table or a column for SQL. Whatever it is, it stays a name."""
    if "\0" in identifier:
        raise InputError("a name has a zero character in it; take it out")
    return '"' + identifier.replace('"', '""') + '"'


def text(value: str) -> str:
    """Quote a text for SQL. Whatever it is, it stays a text."""
    if "\0" in value:
        raise InputError("a text has a zero character in it; take it out")
    return "'" + value.replace("'", "''") + "'"


def is_among(column: str, values: Sequence[str]) -> str:
    """Give the SQL that holds where a column is one of some texts."""
    if len(values) == 1:
        return f"{column} = {text(values[0])}"
    return f"{column} IN ({', '.join(map(text, values))})"


def is_within(column: str, ends: tuple[object, object]) -> Iterator[str]:
    """Yield the SQL of each end, a number or a date, that a range has; both ends belong to it."""
    for sign, end in zip((">=", "<="), ends, strict=True):
        if end is not None:
            value = repr(end) if isinstance(end, int | float) else f"DATE {text(str(end))}"
            yield f"{column} {sign} {value}"


def define_macros(date_format: str | None) -> str:
    """Give the SQL that defines how a date and a grade are read.

    A date is 2021-03-04, 20210304, or as told; a time may follow. A grade has no blanks, small letters, and Arabic
    numbers: "III A" and "3a" are one, and so are "II – III" and "2-3".
    """
    ways = ["TRY_CAST(word AS DATE)", "CAST(try_strptime(word, '%Y%m%d') AS DATE)"]
    if date_format is not None:
        # As told comes first, and of the whole cell too, since a date may have blanks in it.
        ways[:0] = [f"CAST(try_strptime({what}, {text(date_format)}) AS DATE)" for what in ("cell", "word")]
    grade = r"regexp_replace(regexp_replace(lower(cell), '[–—−]', '-', 'g'), '\s+', '', 'g')"
    for numeral, number in _NUMERALS:
        grade = rf"regexp_replace({grade}, '\b{numeral}([a-z]?)\b', '{number}\1', 'g')"
    return (
        "-- How a date is read, and how a grade: III is 3, and IIIA is 3a.\n"
        f"CREATE OR REPLACE TEMP MACRO read_day(cell, word) AS coalesce({', '.join(ways)});\n"
        "CREATE OR REPLACE TEMP MACRO to_day(cell) AS\n"
        "  read_day(trim(cell), split_part(replace(trim(cell), 'T', ' '), ' ', 1));\n"
        f"CREATE OR REPLACE TEMP MACRO to_grade(cell) AS\n  {grade};\n"
    )


def read_date(column: str) -> str:
    """Give the SQL that reads a date from a column, after `define_macros`."""
    return f"to_day(CAST({column} AS VARCHAR))"


def fits_format(column: str, date_format: str) -> str:
    """Give the SQL that holds where the cell of a column, or what stands before a time in it, is written so."""
    cell = f"trim(CAST({column} AS VARCHAR))"
    words = (cell, f"split_part(replace({cell}, 'T', ' '), ' ', 1)")
    return "(" + " OR ".join(f"try_strptime({word}, {text(date_format)}) IS NOT NULL" for word in words) + ")"


def read_grade(column: str) -> str:
    """Give the SQL that reads a grade from a column or a text, after `define_macros`."""
    return f"to_grade(CAST({column} AS VARCHAR))"
