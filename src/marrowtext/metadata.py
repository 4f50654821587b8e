"""What the columns beside the text say of an exam: its side, and whether it is an MRI exam at all."""

from __future__ import annotations

import re

from marrowtext.model import Laterality

__all__ = ["is_other_modality", "read_side"]

# The codes of DICOM, HL7 and billing, and the words for them.
_SIDES = {
    Laterality.LEFT: frozenset(("l", "lt", "lft", "left")),
    Laterality.RIGHT: frozenset(("r", "rt", "rgt", "right")),
    Laterality.BILATERAL: frozenset(("b", "bi", "bil", "bl", "bilat", "bilateral", "both", "50", "lr", "rl")),
}
_FILLERS = frozenset(("and", "side", "sided", "sides"))
_MRI = re.compile(r"(?:n?mr|magnet)[a-z]*")
# What names the department, the form of the report, or nothing: no modality.
_NO_MODALITY = frozenset(
    ("", "rad", "radiology", "img", "imaging", "di", "sr", "pr", "doc", "ot", "other", "oth", "unknown", "na", "none")
)


def read_side(value: str | None) -> Laterality | None:
    """Give the side that a side column states; None for a value that is none."""
    words = set(re.findall(r"[a-z0-9]+", (value or "").casefold().replace("/", ""))) - _FILLERS
    sides = {side for side, names in _SIDES.items() if words & names}
    if not sides or words - frozenset().union(*_SIDES.values()):
        return None
    return next(iter(sides)) if len(sides) == 1 else Laterality.BILATERAL


def is_other_modality(value: str | None) -> bool:
    """Say whether a modality column names an exam other than MRI; one of several modalities may be MRI."""
    words = [word for word in re.findall(r"[a-z]+", (value or "").casefold()) if word not in _NO_MODALITY]
    return bool(words) and not any(_MRI.fullmatch(word) for word in words)
