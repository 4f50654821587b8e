"""What tests of the whole system share: the wheel."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from environment import ROOT, run


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel of the checkout."""
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", folder, ROOT, folder=folder)
    return next(folder.glob("*.whl"))
