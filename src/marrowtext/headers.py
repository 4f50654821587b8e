"""Which column of the input holds what: common names, or names that the user gives."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from marrowtext.columns import FINDINGS_TABLE, REPORT_COLUMNS
from marrowtext.errors import InputError

__all__ = ["ColumnChoice", "choose_columns"]

# In order of preference; case, spaces, underscores, hyphens and dots do not matter. Columns that hold a part
# of the report (findings, impression) are none of these: to take one would lose the other without a word.
_TEXT_NAMES = (
    "text", "report_text", "report", "narrative", "report_narrative", "radiology_report", "mri_report",
    "full_report", "full_text", "report_body", "report_content", "body", "content", "note_text", "note",
    "result_text", "document",
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

_OPTIONS = {"text": "--text-column", "id": "--id-column", "title": "--title-column", "carry": "--carry"}
_MOST_LISTED = 40


@dataclass(frozen=True, slots=True)
class ColumnChoice:
    """The input columns of text, id and exam title, and those to carry along.

    As a wish, None means: the one with a common name. As the outcome, None means: there is none.
    """

    text: str | None = None
    id: str | None = None
    title: str | None = None
    carry: tuple[str, ...] = ()


def choose_columns(names: Sequence[str], wish: ColumnChoice, source: str) -> ColumnChoice:
    """Find the columns that are wished for among the names that there are.

    Raises InputError, naming `source` and the columns there are, for a name that is not there or there twice,
    where no column has a common name for text, and for a carried column that has the name of an output
    column.
    """
    carry = tuple(dict.fromkeys(_find_named(names, name, "carry", source) for name in wish.carry))
    _check_carried(carry, source)
    roles = (
        ("text", wish.text, _TEXT_NAMES),
        ("id", wish.id, _ID_NAMES),
        ("title", wish.title, _TITLE_NAMES),
    )
    chosen = {role: _find_named(names, name, role, source) for role, name, _ in roles if name is not None}
    for role, _, common in roles:
        if role not in chosen:
            free = [name for name in names if name not in chosen.values()]
            found = _find_common(free, common)
            if found is not None:
                chosen[role] = _find_named(names, found, role, source)
    if "text" not in chosen:
        raise InputError(
            f"{source}: no column has a common name for report text; name it with --text-column. {_list_names(names)}"
        )
    return ColumnChoice(chosen["text"], chosen.get("id"), chosen.get("title"), carry)


def _find_named(names: Sequence[str], name: str, role: str, source: str) -> str:
    """Find a column by its name, as written or else without regard to case, spaces and underscores."""
    found = [known for known in names if known == name] or [known for known in names if _key(known) == _key(name)]
    if not found:
        raise InputError(f"{source}: no column {name!r} for {_OPTIONS[role]}. {_list_names(names)}")
    if len(found) > 1:
        raise InputError(f"{source}: {len(found)} columns are named {name!r}; rename all but one of them")
    return found[0]


def _find_common(names: Sequence[str], common: Sequence[str]) -> str | None:
    for alias in common:
        for name in names:
            if _key(name) == _key(alias):
                return name
    return None


def _key(name: str) -> str:
    return re.sub(r"[\s_.\-]+", "", name).casefold()


def _check_carried(carry: Sequence[str], source: str) -> None:
    taken = {column.name for column in (*FINDINGS_TABLE, *REPORT_COLUMNS)}
    for name in carry:
        if name in taken:
            raise InputError(
                f"{source}: column {name!r} cannot be carried along: the output has a column of that name; rename it"
            )


def _list_names(names: Sequence[str]) -> str:
    """List the columns there are; but say nothing of a first line that is a report and not a header."""
    if not names or not all(_is_name(name) for name in names if name):
        return "The first line does not look like column names: put a line with the names on top."
    listed = ", ".join(names[:_MOST_LISTED])
    more = f" and {len(names) - _MOST_LISTED} more" if len(names) > _MOST_LISTED else ""
    return f"The columns are: {listed}{more}."


def _is_name(name: str) -> bool:
    words = name.split()
    return len(words) <= 4 and len(name) <= 40 and not re.search(r"[.!?:;]$|[\r\n]|^[\d\W]+$", name.strip())
