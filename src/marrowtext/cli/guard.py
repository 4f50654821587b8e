"""What every command ends with: a message and an exit code."""

from __future__ import annotations

import functools
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec

import typer

from marrowtext.errors import MarrowtextError

__all__ = ["guard"]

_P = ParamSpec("_P")


def guard(command: Callable[_P, None]) -> Callable[_P, None]:
    """Turn failures into a message and an exit code.

    Of a defect the message is not shown, since it may quote a report: its type and its place are.
    """

    @functools.wraps(command)
    def guarded(*args: _P.args, **options: _P.kwargs) -> None:
        try:
            command(*args, **options)
        except MarrowtextError as error:
            message, code = str(error), 2
        except KeyboardInterrupt:
            message, code = "interrupted", 130
        except (typer.Exit, BrokenPipeError):
            raise
        except Exception as error:
            place = traceback.extract_tb(error.__traceback__)[-1]
            where = f"{Path(place.filename).name}, line {place.lineno}"
            message, code = f"internal error {type(error).__name__} in {where}; please report it", 1
        else:
            return
        typer.echo(f"marrowtext: {message}", err=True)
        raise typer.Exit(code)

    return guarded
