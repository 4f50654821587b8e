"""Packages that not every user needs: imported when they are, with the remedy where they are not installed."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from marrowtext.errors import MarrowtextError

__all__ = ["import_extra"]


def import_extra(module: str, extra: str, purpose: str) -> Any:
    """Import a module that comes with an extra of marrowtext.

    Raises MarrowtextError, naming the extra, where it is not installed.
    """
    try:
        return import_module(module)
    except ImportError:
        pass
    raise MarrowtextError(
        f"{purpose} needs the package {module.partition('.')[0]}, which is not installed; "
        f"install marrowtext with the extra '{extra}': pip install 'marrowtext[{extra}]'"
    )
