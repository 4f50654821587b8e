"""The wheel, in an environment of its own and an empty directory, under each Python that is there."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from environment import ROOT, run

pytestmark = pytest.mark.system


def find_pythons() -> dict[str, str]:
    """Find one Python of each supported version: on the path, where pyenv keeps them, or beside our own."""
    found: dict[str, str] = {}
    for minor in (11, 12, 13):
        pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
        folders = (pyenv / "versions", Path(sys.base_prefix).parent)
        kept = [python for folder in folders for python in folder.glob(f"*/bin/python3.{minor}")]
        for python in [shutil.which(f"python3.{minor}"), sys.executable, *map(str, kept)]:
            if python and tell_version(python) == f"3.{minor}":
                found[f"3.{minor}"] = python
                break
    return found


def tell_version(python: str) -> str:
    command = [python, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


@pytest.mark.parametrize("python", find_pythons().values(), ids=find_pythons().keys())
def test_installed_wheel_finds_the_same_as_the_checkout(python: str, wheel: Path, tmp_path: Path) -> None:
    run(python, "-m", "venv", "environment", folder=tmp_path)
    programs = tmp_path / "environment" / "bin"
    run(programs / "python", "-m", "pip", "install", "--quiet", wheel, folder=tmp_path)
    empty = tmp_path / "empty"
    empty.mkdir()
    shutil.copy(min(ROOT.glob("corpora/*/reports.jsonl")), empty / "sample.jsonl")

    run(programs / "marrowtext", "extract", "sample.jsonl", "-o", "wheel.csv", "--workers", "2", folder=empty)
    run(sys.executable, "-m", "marrowtext", "extract", "sample.jsonl", "-o", "checkout.csv", folder=empty)
    assert (empty / "wheel.csv").read_text() == (empty / "checkout.csv").read_text()

    told = run(programs / "marrowtext", "explain", "There is marrow edema in the talus.", folder=empty)
    assert "[marrow edema](mention)" in told
    assert len(run(programs / "marrowtext", "cohort", "--list", folder=empty).splitlines()) == 8
    run(programs / "marrowtext", "review", "wheel.csv", "sample.jsonl", "-o", "page.html", folder=empty)
    assert (empty / "page.html").read_text(encoding="utf-8").endswith("</html>")
    script = (
        "import spacy; nlp = spacy.blank('en'); nlp.add_pipe('marrowtext'); "
        "print([row['site'] for row in nlp('There is marrow edema in the talus.')._.findings])"
    )
    assert run(programs / "python", "-c", script, folder=empty) == "['talus']\n"
