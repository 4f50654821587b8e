"""Every key of a definition, for the docs."""

from __future__ import annotations

from enum import StrEnum

from marrowtext.criteria import ANY, NOT_NAMED, SAME, VALUES, AssociatedTest, CourseTest, FindingTest
from marrowtext.definition import Definition, Step
from marrowtext.definition_values import Strict
from marrowtext.model import AssociatedConcept

__all__ = ["write_keys"]

_TABLES: tuple[tuple[str, type[Strict]], ...] = (
    ("The file", Definition),
    ("`[[step]]`", Step),
    ("`finding`, `no_finding`", FindingTest),
    ("`associated`, `no_associated`", AssociatedTest),
    ("`course`", CourseTest),
)


class _Words(StrEnum):
    RANGE = "{ from, to }"
    TABLE = "table"
    FLAG = "true, false"
    TEXT = "text"


def write_keys() -> str:
    """Write every key of a definition, with what it takes and what it means, as Markdown tables."""
    parts = []
    for title, model in _TABLES:
        # What a table says of itself comes before what it shares with others.
        fields = sorted(model.model_fields.items(), key=lambda item: item[0] not in model.__annotations__)
        rows = "".join(
            f"| `{field.alias or key}` | {_takes(model, key)} | {'yes' if field.is_required() else ''} | "
            f"{field.description} |\n"
            for key, field in fields
        )
        parts.append(f"### {title}\n\n| key | takes | needed | meaning |\n|---|---|---|---|\n{rows}")
    return "\n".join(parts)


def _takes(model: type[Strict], key: str) -> str:
    if model is AssociatedTest and key == "concept":
        return " ".join(f"`{concept}`" for concept in AssociatedConcept)
    if VALUES.get(key):
        values = (*VALUES[key], SAME, ANY, NOT_NAMED) if key == "laterality" else VALUES[key]
        return " ".join(f"`{value}`" for value in values)
    annotation = str(model.model_fields[key].annotation)
    for mark, words in (
        ("Literal", _Words.TEXT),
        ("Range", _Words.RANGE),
        ("Test", _Words.TABLE),
        ("Condition", _Words.TABLE),
        ("Step", _Words.TABLE),
        ("bool", _Words.FLAG),
    ):
        if mark in annotation:
            return words.value
    return _Words.TEXT.value
