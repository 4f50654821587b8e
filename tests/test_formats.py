"""The table of formats in the docs is true."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from marrowtext.headers import METADATA, OPTIONS
from marrowtext.sources import is_file_name

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "formats.md").read_text(encoding="utf-8")


def read_table(heading: str) -> list[list[str]]:
    """Give the cells of the first table under a heading."""
    lines = PAGE.split(f"\n{heading}\n")[1].splitlines()
    first = next(number for number, line in enumerate(lines) if line.startswith("|"))
    rows = []
    for line in lines[first + 2 :]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split("|")])
    return rows


def test_inputs_name_their_extensions_extras_and_tests() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    rows = read_table("## In")
    assert len(rows) > 10
    for _, named, extra, test in rows:
        for suffix in re.findall(r"`(\.[a-z0-9]+)`", named):
            assert is_file_name(f"reports{suffix}") or suffix in (".gz", ".zst")
        assert not extra or extra.strip("`") in extras
        assert (ROOT / test.strip("`")).is_file()


def test_columns_name_their_options_and_names() -> None:
    rows = read_table("### Columns")
    options = [option.strip("`") for _, _, option, _ in rows]
    assert options == [OPTIONS.name(role) for role in ("text", "id", "title", *METADATA)]
    for (_, names, _, _), role in zip(rows[3:], METADATA, strict=True):
        assert set(re.findall(r"`([^`]+)`", names)) <= set(METADATA[role])
