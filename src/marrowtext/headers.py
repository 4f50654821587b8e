"""Which column of the input holds what: common names, or names that the user gives."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypedDict

from marrowtext.columns import TABLES
from marrowtext.errors import InputError

__all__ = [
    "ARGUMENTS", "METADATA", "OPTIONS", "ColumnChoice", "ColumnNames", "Columns", "Wording", "choose_columns",
    "heading_of", "is_header", "tell_line_column", "tell_unread",
]  # fmt: skip

# In order of preference; case, spaces, underscores, hyphens and dots do not matter. Columns that hold a part
# of the report (findings, impression) are none of these: to take one would lose the other without a word.
_TEXT_NAMES = (
    "text", "report_text", "report", "narrative", "report_narrative", "radiology_report", "mri_report",
    "full_report", "full_text", "report_body", "report_content", "body", "content", "note_text", "note",
    "result_text", "document", "line_text", "text_line", "report_line",
)  # fmt: skip
_ID_NAMES = (
    "report_id", "id", "accession", "accession_number", "accession_no", "accession_num", "accession_id",
    "acc_no", "acc_num", "exam_id", "study_id", "order_id", "order_number", "document_id", "doc_id",
    "note_id", "case_id", "study_uid", "study_instance_uid", "uid",
)  # fmt: skip
_TITLE_NAMES = (
    "title", "exam", "exam_title", "exam_name", "exam_description", "exam_desc", "exam_type", "examination",
    "procedure", "procedure_name", "procedure_description", "procedure_desc", "study_description",
    "study_desc", "study_name", "study_title", "order_description",
)  # fmt: skip
METADATA = {
    "side": (
        "side", "laterality", "exam_side", "exam_laterality", "study_laterality", "image_laterality",
        "procedure_laterality", "body_side", "side_of_body",
    ),
    "body_part": (
        "body_part", "body_part_examined", "exam_body_part", "study_body_part", "body_region", "exam_region",
        "anatomic_region", "anatomical_region", "anatomy", "body_site", "region",
    ),
    "modality": (
        "modality", "exam_modality", "study_modality", "modality_code", "modalities_in_study", "modalities",
    ),
    "patient_id": (
        "patient_id", "pat_id", "patient_number", "patient_no", "mrn", "medical_record_number", "patient_mrn",
        "person_id", "subject_id", "patient",
    ),
    "study_date": (
        "study_date", "exam_date", "study_datetime", "exam_datetime", "date_of_exam", "date_of_study",
        "examination_date", "procedure_date", "service_date", "performed_date", "study_date_time", "exam_date_time",
        "report_date", "date",
    ),
}  # fmt: skip
"""What is said of an exam beside its report and its title, each with its common names."""
_LINE_NAMES = ("line_number", "line_no", "line_num", "line", "line_seq", "line_sequence", "line_id", "text_line_number")

# The columns of the reports table that hold an input column as it is: what holds it need not be carried along by
# another name.
_KEPT = {"exam_title": "title", **{role: role for role in METADATA if role != "side"}}

# Columns that look like a part of a report, which a run that takes another column for the text leaves unread.
_PARTS = re.compile("(report|final|radiology)?(impression|finding|conclusion|addend(um|a)|opinion)s?(report|text)?")
_MOST_LISTED = 40


@dataclass(frozen=True, slots=True)
class ColumnChoice:
    """The input columns that the user wishes for; None means the one with a common name, "" none.

    Of several `text` columns the texts are joined, each under the name of its column as a heading. `carry`
    takes columns along; `"site=site_in"` takes `site` along under the name `site_in`. `line` is the column of line
    numbers, where each row is one line of a report: their text is joined by id.
    """

    text: str | Sequence[str] | None = None
    id: str | None = None
    title: str | None = None
    carry: str | Sequence[str] = ()
    side: str | None = None
    body_part: str | None = None
    modality: str | None = None
    patient_id: str | None = None
    study_date: str | None = None
    line: str | None = None


class ColumnNames(TypedDict, total=False):
    """The fields of a ColumnChoice of records that hold a whole report, as the calls take them by keyword."""

    text: str | Sequence[str] | None
    id: str | None
    title: str | None
    carry: str | Sequence[str]
    side: str | None
    body_part: str | None
    modality: str | None
    patient_id: str | None
    study_date: str | None


@dataclass(frozen=True, slots=True)
class Columns:
    """The input columns that were taken.

    `carry` gives the column behind each name in the output, `metadata` the column of each that METADATA names and the
    input has. `unread` are columns that look like report text too, where the text was found by its name.
    """

    text: tuple[str, ...]
    id: str | None = None
    title: str | None = None
    carry: Mapping[str, str] = field(default_factory=dict)
    unread: tuple[str, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)
    line: str | None = None

    @property
    def taken(self) -> tuple[str, ...]:
        """The columns that are read, each once."""
        names = (*self.text, self.id, self.title, self.line, *self.metadata.values(), *self.carry.values())
        return tuple(dict.fromkeys(name for name in names if name is not None))


@dataclass(frozen=True, slots=True)
class Wording:
    """How messages speak of what the user can set: `name` names what is said of columns, `give` says how to set it to
    values, `choose` how to choose a part of the input.
    """

    name: Callable[[str], str]
    give: Callable[[str, Sequence[str]], str]
    choose: Callable[[str, str | int], str]


def _option(role: str) -> str:
    return "--carry" if role == "carry" else f"--{role.replace('_', '-')}-column"


OPTIONS = Wording(
    _option,
    lambda role, values: " ".join(f"{_option(role)} {shlex.quote(value)}" for value in values),
    lambda choice, value: f"--{choice.replace('_', '-')} {shlex.quote(str(value))}",
)
ARGUMENTS = Wording(
    lambda role: f"the argument {role!r}",
    lambda role, values: f"{role}={list(values)!r}",
    lambda choice, value: f"{choice}={value!r}",
)


def choose_columns(names: Sequence[str], wish: ColumnChoice, source: str, wording: Wording = ARGUMENTS) -> Columns:
    """Find the columns that are wished for among the names that there are.

    Raises InputError, naming `source` and the columns there are, for a name that is not there or there twice,
    where no column has a common name for text, and where a column would be carried along under the name of
    an output column or of another one.
    """

    def find(name: str, role: str) -> str:
        return _find_named(names, name, wording.name(role), source)

    text = tuple(dict.fromkeys(find(name, "text") for name in _listed(wish.text)))
    roles = {"id": _ID_NAMES, "title": _TITLE_NAMES, **METADATA}
    wishes = {role: getattr(wish, role) for role in roles}
    line = find(wish.line, "line") if wish.line else None
    chosen: dict[str, str | None] = {role: find(name, role) for role, name in wishes.items() if name}
    found = text
    if not found:
        common = _find_common(names, _TEXT_NAMES, (*chosen.values(), line))
        if common is None:
            raise _no_text(names, source, wording)
        found = (find(common, "text"),)
    for role, aliases in roles.items():
        if wishes[role] is None:
            common = _find_common(names, aliases, (*found, line, *chosen.values()))
            chosen[role] = None if common is None else find(common, role)
    id, title = chosen.get("id"), chosen.get("title")
    metadata = {role: name for role in METADATA if (name := chosen.get(role)) is not None}
    kept = {name: chosen.get(role) for name, role in _KEPT.items()}
    carry = _choose_carried(names, _listed(wish.carry), kept, source, wording)
    unread = () if text else tuple(name for name in _list_parts(names) if name not in (*found, id, title))
    columns = Columns(found, id, title, carry, unread, metadata, line)
    if line is not None:
        _check_lines(columns, source, wording)
    return columns


def is_header(names: Sequence[str]) -> bool:
    """Say whether names are those of columns with reports: one for the text, and one for something else."""
    return _find_common(names, _TEXT_NAMES, ()) is not None and sum(_key(name) in _COMMON for name in names) > 1


def heading_of(name: str) -> str:
    """Write the heading line for the text of a column: `IMPRESSION:` for `impression` and `report_impression`."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])|[\s_.\-]+", " ", name).upper().split()
    return f"{' '.join(word for word in words if word not in ('REPORT', 'TEXT')) or ' '.join(words)}:"


def tell_unread(columns: Columns, source: str, wording: Wording = ARGUMENTS) -> str | None:
    """Say which columns look like report text and are not read, and how to read them; None where there are
    none.
    """
    if not columns.unread:
        return None
    listed = ", ".join(map(repr, columns.unread))
    return (
        f"{source}: not read: {listed}; to read all of the report give "
        f"{wording.give('text', (*columns.text, *columns.unread))}"
    )


def tell_line_column(names: Sequence[str], columns: Columns, source: str, wording: Wording = ARGUMENTS) -> str | None:
    """Say which column looks like line numbers where none is taken for them; None where none does."""
    name = _find_common(names, _LINE_NAMES, columns.taken)
    if name is None or columns.line is not None:
        return None
    given = wording.give("line", [name])
    return f"{source}: {name!r} looks like line numbers; if each row is one line of a report give {given}"


def _check_lines(columns: Columns, source: str, wording: Wording) -> None:
    if columns.id is None:
        raise InputError(f"{source}: lines are put together by id; name its column with {wording.name('id')}")
    if len(columns.text) > 1:
        raise InputError(f"{source}: lines are put together in one text column; name one with {wording.name('text')}")


def _choose_carried(
    names: Sequence[str], wishes: Sequence[str], kept: Mapping[str, str | None], source: str, wording: Wording
) -> dict[str, str]:
    """Give the column to carry along for each name in the output. `kept` are columns of the output that hold an input
    column as it is.
    """
    taken = {column.name for columns in TABLES.values() for column in columns}
    carry: dict[str, str] = {}
    for wish in wishes:
        column, new = (wish, None) if _matching(names, wish) or "=" not in wish else wish.rsplit("=", 1)
        column = _find_named(names, column, wording.name("carry"), source)
        name = column if new is None else new.strip()
        problem = None
        if not name:
            problem = "the new name is empty"
        elif name in taken and kept.get(name) != column:
            problem = "the output has a column of that name" if name == column else f"the output has a column {name!r}"
        elif carry.get(name, column) != column:
            problem = f"{carry[name]!r} is carried along as {name!r} already"
        if problem:
            remedy = wording.give("carry", [f"{column}={column}_in"])
            raise InputError(
                f"{source}: column {column!r} cannot be carried along: {problem}; give it another name: {remedy}"
            )
        carry[name] = column
    return carry


def _listed(names: str | Sequence[str] | None) -> Sequence[str]:
    return [names] if isinstance(names, str) else names or ()


def _find_named(names: Sequence[str], name: str, option: str, source: str) -> str:
    """Find a column by its name, as written or else without regard to case, spaces and underscores."""
    found = _matching(names, name)
    if not found:
        raise InputError(f"{source}: no column {name!r} for {option}. {_list_names(names)}")
    if len(found) > 1:
        raise InputError(f"{source}: {len(found)} columns are named {name!r}; rename all but one of them")
    return found[0]


def _matching(names: Sequence[str], name: str) -> list[str]:
    return [known for known in names if known == name] or [known for known in names if _key(known) == _key(name)]


def _find_common(names: Sequence[str], common: Sequence[str], taken: Sequence[str | None]) -> str | None:
    for alias in common:
        for name in names:
            if name not in taken and _key(name) == _key(alias):
                return name
    return None


def _list_parts(names: Sequence[str]) -> list[str]:
    return [name for name in dict.fromkeys(names) if _PARTS.fullmatch(_key(name)) or _is_continued(_key(name))]


def _is_continued(key: str) -> bool:
    """Say whether a column is one of several that hold the text in pieces: `report_text_2`."""
    bare = key.rstrip("0123456789")
    return bare != key and any(_key(name) == bare for name in _TEXT_NAMES)


def _no_text(names: Sequence[str], source: str, wording: Wording) -> InputError:
    parts = _list_parts(names)
    how = f"join its parts with {wording.give('text', parts)}" if parts else f"name it with {wording.name('text')}"
    return InputError(f"{source}: no column has a common name for report text; {how}. {_list_names(names)}")


def _key(name: str) -> str:
    return re.sub(r"[\s_.\-]+", "", name).casefold()


_COMMON = frozenset(
    _key(name) for group in (_TEXT_NAMES, _ID_NAMES, _TITLE_NAMES, *METADATA.values(), _LINE_NAMES) for name in group
)


def _list_names(names: Sequence[str]) -> str:
    """List the columns there are; but count them alone where the first line may be data: names of patients look like
    names of columns.
    """
    if not names or not all(_is_name(name) for name in names if name):
        return "The first line does not look like column names: put a line with the names on top."
    if not _list_parts(names) and not any(_key(name) in _COMMON for name in names):
        return f"None of its columns ({len(names)}) has a common name: look whether the first line holds the names."
    listed = ", ".join(names[:_MOST_LISTED])
    more = f" and {len(names) - _MOST_LISTED} more" if len(names) > _MOST_LISTED else ""
    return f"The columns are: {listed}{more}."


def _is_name(name: str) -> bool:
    words = name.split()
    return len(words) <= 4 and len(name) <= 40 and not re.search(r"[.!?:;]$|[\r\n]|^[\d\W]+$", name.strip())
