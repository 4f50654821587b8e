"""Commands that tests of the whole system run."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

__all__ = ["ROOT", "run"]

ROOT = Path(__file__).parents[2]


def run(*command: object, folder: Path, **environment: str) -> str:
    """Run a command that has to succeed, with variables on top of the environment; give its output."""
    done = subprocess.run(
        [str(part) for part in command],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
