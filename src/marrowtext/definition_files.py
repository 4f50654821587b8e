"""Files of definitions: found, read, and refused with line and remedy."""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from marrowtext.definition import Definition
from marrowtext.definition_values import tell_error
from marrowtext.errors import InputError
from marrowtext.positions import find_line, index_lines
from marrowtext.rules import COHORTS, RuleSet, shipped_patterns
from marrowtext.suggestions import nearest

__all__ = ["SourceText", "list_shipped", "load_definition", "read_definition", "shipped_definitions"]


@dataclass(frozen=True, slots=True)
class SourceText:
    """The text of a definition, where it came from, and its SHA-256."""

    source: str
    text: str

    @property
    def sha256(self) -> str:
        """The hash of the file."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    def fail(self, path: tuple[str | int, ...], said: str) -> InputError:
        """Give the error of a key, with its line."""
        return InputError(self.tell(path, said))

    def tell(self, path: tuple[str | int, ...], said: str) -> str:
        """Say something of a key, with its line."""
        lines = index_lines(self.text)
        # One table where a list may stand is a list of one, and has no number in the file.
        there: tuple[str | int, ...] = ()
        for part in path:
            if isinstance(part, str) or (*there, part) in lines:
                there = (*there, part)
        keys = ".".join(str(part + 1 if isinstance(part, int) else part) for part in there)
        return f"{self.source}: line {find_line(lines, there)}: {keys + ': ' if keys else ''}{said}"


def shipped_definitions() -> Path:
    """Give the folder of the definitions that come with the package."""
    return shipped_patterns() / COHORTS


def list_shipped() -> dict[str, Path]:
    """Give the shipped definitions by name."""
    return {file.stem: file for file in sorted(shipped_definitions().glob("*.toml"))}


def load_definition(path: str | Path, rules: RuleSet) -> tuple[Definition, SourceText]:
    """Load a definition from a file, or a shipped one by its name.

    Raises InputError, which names the file, the line and the remedy, for all that is wrong in it.
    """
    file = Path(path)
    if not file.is_file():
        shipped = list_shipped()
        if str(path) not in shipped:
            what = "no such file" if file.suffix else "no such file, and no shipped definition of this name"
            raise InputError(f"{path}: {what}; {nearest(str(path), tuple(shipped))}")
        file = shipped[str(path)]
    try:
        source = SourceText(str(path), file.read_bytes().decode("utf-8-sig").replace("\r\n", "\n"))
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); check the file") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 at byte {error.start}; save the file as UTF-8") from None
    return read_definition(source, rules), source


def read_definition(source: SourceText, rules: RuleSet) -> Definition:
    """Read a definition from its text. Raises InputError as `load_definition` does."""
    try:
        values = tomllib.loads(source.text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{source.source}: not valid TOML: {error}; {_remedy(str(error))}") from None
    if not values:
        raise InputError(f"{source.source}: is empty; begin with one that is shipped: marrowtext cohort NAME --print")
    try:
        return Definition.model_validate(values, context={"rules": rules})
    except ValidationError as error:
        errors = error.errors(include_url=False)
        # A key that is not known explains one that is missing, so it is told first.
        first = next((each for each in errors if each["type"] == "unknown_key"), errors[0])
        raise source.fail(_path(first), tell_error(first)) from None


def _remedy(error: str) -> str:
    """Give the remedy for what the reader of TOML says."""
    if any(word in error for word in ("overwrite", "twice", "Duplicate", "mutate")):
        return "a key stands there twice: take one away, put two values in one list, or begin each step with [[step]]"
    return "put text in straight quotes, lists in [ ], and each { … } on one line"


def _path(error: Any) -> tuple[str | int, ...]:
    # A key of a mapping that is wrong itself is told by the mapping.
    path = tuple(part for part in error["loc"] if part not in ("", "[key]"))
    context = error.get("ctx", {})
    if error["type"] == "step":
        return (*path, *context["keys"])
    if error["type"] == "unknown_key":
        return (*path, context["key"])
    return path
