"""Lines of keys in a TOML file."""

from __future__ import annotations

import pytest

from marrowtext.positions import find_line, index_lines

TEXT = '''title = "a # [[step]]"   # [[step]]
"quoted key" = 'x = 1'
reasoning = """
a "quoted" ]
step = 3
"""
[among]
body_part = "hip"

[[step]]
include = "one"
finding = { concept = ["edema", # a comment ]
   "signal"], size_mm = { from = 1.5, to = 2 } }
[[step.any]]
finding.site = "talus"

[[step]]
exclude = "two"
[[step.any]]
[[step.any]]
[step.any.finding]
site = 2021-01-01 # a date
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("title",), 1),
        (("quoted key",), 2),
        (("reasoning",), 3),
        (("among", "body_part"), 8),
        (("step", 0), 10),
        (("step", 0, "finding", "concept", 1), 13),
        (("step", 0, "finding", "size_mm", "to"), 13),
        (("step", 0, "any", 0, "finding", "site"), 15),
        (("step", 1), 17),
        (("step", 1, "any", 0), 19),
        (("step", 1, "any", 1, "finding", "site"), 22),
    ],
)
def test_line_of_a_key(path: tuple[str | int, ...], line: int) -> None:
    assert index_lines(TEXT)[path] == line


def test_a_key_that_is_not_there_has_the_line_above_it() -> None:
    lines = index_lines(TEXT)
    assert find_line(lines, ("step", 1, "any", 1, "finding", "zone")) == 21
    assert find_line(lines, ("unit",)) == 1
