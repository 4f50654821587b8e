"""What files hold, as SHA-256: of one file, and of all that an input is made of."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from marrowtext.errors import InputError
from marrowtext.sources import list_files, name_of

__all__ = ["hash_file", "hash_input"]

_HASHED_BYTES = 1 << 20


def hash_file(path: Path) -> str:
    """Give the SHA-256 of a file."""
    digest = hashlib.sha256()
    for block in _blocks(path):
        digest.update(block)
    return digest.hexdigest()


def hash_input(place: str | Path) -> tuple[str, int]:
    """Give the SHA-256 and the size of an input: of a folder or a glob those of its files, with their names; of the
    database of a server the hash of its name, since what is in it is known when it is read.

    Raises InputError where a file cannot be read.
    """
    digest = hashlib.sha256()
    size = 0
    files = list_files(place)
    single = len(files) == 1 and files[0][0] == Path(place)
    for file, name in files:
        # The hash of a single file is the one that `sha256sum` prints.
        digest.update(b"" if single else os.fsencode(name) + b"\0")
        try:
            for block in _blocks(file):
                size += len(block)
                digest.update(block)
        except OSError as error:
            if single:
                raise InputError(f"{place}: cannot be read ({error.strerror}); check the file and the disk") from None
            # A file of a folder that cannot be read is an error row; that is part of what the input is.
            digest.update(b"\0unreadable")
    if not files:
        digest.update(name_of(place).encode())
    return digest.hexdigest(), size


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(_HASHED_BYTES):
            yield block
