"""The flow diagram."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from marrowtext.flow import Box, Stage, draw_flow

SVG = "{http://www.w3.org/2000/svg}"


def stages(count: int, words: str = "Marrow edema of the proximal femur, present in some report") -> list[Stage]:
    return [
        Stage(Box("Reports")),
        *(Stage(Box(words, ("n = 1",)), Box("Excluded (n = 2)", (words,))) for _ in range(count)),
    ]


def rectangles(svg: str) -> list[tuple[float, float, float, float]]:
    """Give left, top, right and bottom of each box."""
    found = [rect.attrib for rect in ElementTree.fromstring(svg).iter(f"{SVG}rect")][1:]
    sides = [[float(rect[key]) for key in ("x", "y", "width", "height")] for rect in found]
    return [(x, y, x + width, y + height) for x, y, width, height in sides]


@pytest.mark.parametrize("count", range(1, 13))
def test_boxes_lie_in_the_picture_and_apart(count: int) -> None:
    svg = draw_flow("T", stages(count))
    root = ElementTree.fromstring(svg)
    _, _, width, height = map(float, root.attrib["viewBox"].split())
    boxes = rectangles(svg)
    assert len(boxes) == 1 + 2 * count
    for left, top, right, bottom in boxes:
        assert 0 <= left < right <= width and 0 <= top < bottom <= height
    for number, one in enumerate(boxes):
        for other in boxes[number + 1 :]:
            assert one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]


def test_each_text_lies_in_a_box() -> None:
    svg = draw_flow("T", stages(4, "word " * 40 + "x" * 90))
    texts = [
        (float(text.attrib["x"]), float(text.attrib["y"])) for text in ElementTree.fromstring(svg).iter(f"{SVG}text")
    ]
    boxes = rectangles(svg)
    for x, y in texts:
        assert any(left < x < right and top + 8 < y < bottom - 3 for left, top, right, bottom in boxes)


def test_lines_fit_their_box() -> None:
    svg = draw_flow("T", stages(2, "word " * 40 + "x" * 90))
    lines = [text.text or "" for text in ElementTree.fromstring(svg).iter(f"{SVG}text")]
    assert max(map(len, lines)) <= 48
    assert "x" * 90 in "".join(lines)


def test_text_is_escaped_and_control_characters_are_shown() -> None:
    words = '<script>alert("1")</script> & \x00\x1b[31m \u202e'
    svg = draw_flow(words, [Stage(Box(words, (words,)))])
    assert "<script" not in svg
    root = ElementTree.fromstring(svg)
    assert root.findtext(f"{SVG}title") == '<script>alert("1")</script> & \ufffd\ufffd[31m \ufffd'


def test_nothing_is_loaded_from_elsewhere() -> None:
    svg = draw_flow("T", stages(2))
    assert re.findall(r"https?://[^\"]*", svg) == ["http://www.w3.org/2000/svg"]
    assert not re.search(r"url\(|@import|href", svg)


def test_it_has_colors_for_light_and_dark_and_a_text_for_readers_of_screens() -> None:
    svg = draw_flow("T", stages(1))
    assert "prefers-color-scheme: dark" in svg
    assert ElementTree.fromstring(svg).findtext(f"{SVG}desc") == (
        "Reports; Marrow edema of the proximal femur, present in some report n = 1"
    )


def test_a_step_that_was_passed_over_is_dashed() -> None:
    svg = draw_flow("T", [Stage(Box("Reports")), Stage(Box("Rest"), Box("Step 1 passed over", over=True))])
    assert re.findall(r'<rect class="([^"]*)"', svg) == ["page", "main", "side over", "last"]
