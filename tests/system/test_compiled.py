"""The compiled wheel, as `make compiled` builds it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from environment import ROOT, run

pytestmark = pytest.mark.system


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel and unpack it; what it needs is installed."""
    folder = tmp_path_factory.mktemp("compiled")
    run("make", "compiled", folder=ROOT)
    wheel = next(ROOT.glob("build/compiled/*.whl"))
    run(sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", folder, wheel, folder=folder)
    return folder


def test_its_reading_is_compiled(compiled: Path) -> None:
    script = "import marrowtext.rows; print(marrowtext.rows.__file__)"
    shown = Path(run(sys.executable, "-c", script, folder=compiled, PYTHONPATH=str(compiled)).strip())
    assert shown.parent == compiled / "marrowtext"
    assert shown.suffix in (".so", ".pyd")


def test_it_finds_the_same_as_the_checkout(compiled: Path, tmp_path: Path) -> None:
    lines = [line for path in sorted(ROOT.glob("corpora/*/reports.jsonl")) for line in path.read_text().splitlines()]
    reports = [{"id": str(number), "text": json.loads(line)["text"]} for number, line in enumerate(lines)]
    (tmp_path / "reports.jsonl").write_text("\n".join(map(json.dumps, reports)))
    command = (sys.executable, "-m", "marrowtext", "extract", "reports.jsonl", "--associated", "-o")
    run(*command, "compiled.csv", folder=tmp_path, PYTHONPATH=str(compiled))
    run(*command, "checkout.csv", folder=tmp_path)
    for table in ("csv", "associated.csv", "sites.csv"):
        found = (tmp_path / f"compiled.{table}").read_bytes()
        assert found == (tmp_path / f"checkout.{table}").read_bytes()
        assert found.count(b"\n") > len(reports)
