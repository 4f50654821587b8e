"""Sizes in millimeters, as reports write them."""

from __future__ import annotations

import pytest

from marrowtext.sizes import find_sizes


@pytest.mark.parametrize(
    ("text", "largest"),
    [
        ("7 mm", [7.0]),
        ("7mm", [7.0]),
        ("12-mm", [12.0]),
        ("1.2 cm", [12.0]),
        ("1,5 cm", [15.0]),
        (".5 cm", [5.0]),
        ("12 x 8 x 5 mm", [12.0]),
        ("1.2x0.8cm", [12.0]),
        ("2 cm × 15 mm", [20.0]),
        ("8 mm x 1.1 cm x 4 mm", [11.0]),
        ("3 by 2 cm", [30.0]),
        ("12 mm (AP) x 8 mm (TR)", [12.0]),
        ("12 AP x 8 TR x 5 CC mm", [12.0]),
        ("2-3 mm", [3.0]),
        ("4 mm cyst and 2 cm tear", [4.0, 20.0]),
        ("grade 3", []),
        ("5 mmol", []),
        ("L4-5", []),
    ],
)
def test_sizes(text: str, largest: list[float]) -> None:
    assert [size.largest for size in find_sizes(text, 0, len(text))] == largest


def test_offsets_are_those_of_the_whole_text() -> None:
    text = "3 cm above a 7 mm cyst"
    (size,) = find_sizes(text, 5, len(text))
    assert text[size.start : size.end] == "7 mm"
