"""The flow diagram of a cohort, in the manner of CONSORT, as an SVG that needs nothing from elsewhere."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

__all__ = ["Box", "Stage", "draw_flow"]

_WIDTH = 780
_MAIN_LEFT, _MAIN_WIDTH = 16, 400
_SIDE_LEFT, _SIDE_WIDTH = 464, 300
_PAD, _LINE, _GAP, _FONT = 12, 19, 22, 14
# The width of a character of the widest of the fonts, in a head and below it.
_HEAD_CHARACTER, _CHARACTER = 9.0, 7.8
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|[\u202a-\u202e\u2066-\u2069]")

_STYLE = """
.mt-flow text { font: 14px system-ui, -apple-system, "Segoe UI", Helvetica, Arial, sans-serif; fill: #1d2733 }
.mt-flow .head { font-weight: 600 }
.mt-flow .page { fill: #ffffff }
.mt-flow .main { fill: #eef4fb; stroke: #2f6fb1 }
.mt-flow .last { fill: #e3f4e8; stroke: #2b7a45 }
.mt-flow .side { fill: #ffffff; stroke: #8492a3 }
.mt-flow .over { stroke-dasharray: 5 4 }
.mt-flow .line { stroke: #5d6b7b; fill: none }
.mt-flow .tip { fill: #5d6b7b }
@media (prefers-color-scheme: dark) {
.mt-flow text { fill: #e6ebf1 }
.mt-flow .page { fill: #14181d }
.mt-flow .main { fill: #1b2a3c; stroke: #6ea8e0 }
.mt-flow .last { fill: #17301f; stroke: #63bd80 }
.mt-flow .side { fill: #14181d; stroke: #93a1b2 }
.mt-flow .line { stroke: #a5b1bf }
.mt-flow .tip { fill: #a5b1bf }
}
"""


@dataclass(frozen=True, slots=True)
class Box:
    """A box of the diagram: its head, and lines below it. An `over` box is of a step that was passed over."""

    head: str
    lines: tuple[str, ...] = ()
    over: bool = False


@dataclass(frozen=True, slots=True)
class Stage:
    """Those who are left, and beside the way to them those who went."""

    box: Box
    aside: Box | None = None


@dataclass(frozen=True, slots=True)
class _Laid:
    """A box with its text cut into lines; the first `heads` of them are the head."""

    lines: tuple[str, ...]
    heads: int
    over: bool

    @property
    def height(self) -> int:
        return 2 * _PAD + _LINE * len(self.lines) - 4


def draw_flow(title: str, stages: Sequence[Stage]) -> str:
    """Draw the stages from top to bottom, each with those who went before it at the side. All text is escaped."""
    parts: list[str] = []
    top = _PAD
    middle = _MAIN_LEFT + _MAIN_WIDTH // 2
    for number, stage in enumerate(stages):
        box = _lay(stage.box, _MAIN_WIDTH)
        if number:
            aside = _lay(stage.aside, _SIDE_WIDTH) if stage.aside else None
            gap = aside.height + _GAP if aside else 2 * _GAP
            parts.append(f'<path class="line" d="M{middle} {top}V{top + gap - 2}"/>')
            parts.append(_tip(middle, top + gap, down=True))
            if aside:
                across = top + gap // 2
                parts.append(f'<path class="line" d="M{middle} {across}H{_SIDE_LEFT - 2}"/>')
                parts.append(_tip(_SIDE_LEFT, across, down=False))
                parts.append(_draw(aside, _SIDE_LEFT, top + _GAP // 2, _SIDE_WIDTH, "side"))
            top += gap
        kind = "last" if number == len(stages) - 1 else "main"
        parts.append(_draw(box, _MAIN_LEFT, top, _MAIN_WIDTH, kind))
        top += box.height
    height = top + _PAD
    told = "; ".join(" ".join((stage.box.head, *stage.box.lines)) for stage in stages)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="mt-flow" role="img" viewBox="0 0 {_WIDTH} {height}" '
        f'width="{_WIDTH}" height="{height}" style="max-width: 100%; height: auto">\n'
        f"<title>{_safe(title)}</title>\n<desc>{_safe(told)}</desc>\n<style>{_STYLE}</style>\n"
        f'<rect class="page" width="{_WIDTH}" height="{height}"/>\n' + "\n".join(parts) + "\n</svg>\n"
    )


def _lay(box: Box, width: int) -> _Laid:
    room = int((width - 2 * _PAD) / _CHARACTER)
    head = _wrap(box.head, int((width - 2 * _PAD) / _HEAD_CHARACTER))
    return _Laid((*head, *(line for text in box.lines for line in _wrap(text, room))), len(head), box.over)


def _draw(box: _Laid, left: int, top: int, width: int, kind: str) -> str:
    style = f"{kind} over" if box.over else kind
    lines = "".join(
        f'<text{" class=" + chr(34) + "head" + chr(34) if number < box.heads else ""} x="{left + _PAD}" '
        f'y="{top + _PAD + _FONT - 2 + number * _LINE}">{_safe(line)}</text>'
        for number, line in enumerate(box.lines)
    )
    return f'<rect class="{style}" x="{left}" y="{top}" width="{width}" height="{box.height}" rx="5"/>{lines}'


def _tip(x: int, y: int, *, down: bool) -> str:
    points = f"{x},{y} {x - 5},{y - 9} {x + 5},{y - 9}" if down else f"{x},{y} {x - 9},{y - 5} {x - 9},{y + 5}"
    return f'<polygon class="tip" points="{points}"/>'


def _wrap(text: str, room: int) -> list[str]:
    """Cut a text into lines that fit; a word that is longer than a line is cut too."""
    lines = [""]
    for word in text.split():
        for piece in _cut(word, room):
            longer = f"{lines[-1]} {piece}" if lines[-1] else piece
            if _measure(longer) <= room:
                lines[-1] = longer
            else:
                lines.append(piece)
    return [line for line in lines if line] or [""]


def _cut(word: str, room: int) -> list[str]:
    pieces = [""]
    for sign in word:
        if _measure(pieces[-1] + sign) > room:
            pieces.append("")
        pieces[-1] += sign
    return pieces


def _measure(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)


def _safe(text: str) -> str:
    return escape(_NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text))
