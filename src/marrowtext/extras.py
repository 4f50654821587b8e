"""Packages that come with an extra."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from marrowtext.errors import InputError

__all__ = ["load_extra"]


def load_extra(module: str, extra: str, what: str) -> Any:
    """Import a package that comes with an extra. Raises InputError, which names the extra, where it is not there."""
    try:
        return import_module(module)
    except ImportError:
        pass
    raise InputError(f"{what} needs the extra {extra!r}; install it with: pip install 'marrowtext[{extra}]'")
