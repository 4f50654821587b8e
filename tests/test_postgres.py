"""The server that the tests start."""

from __future__ import annotations

import psycopg


def test_server_gives_each_test_an_empty_database(postgres_url: str) -> None:
    with psycopg.connect(postgres_url) as connection:
        connection.execute("CREATE TABLE reports (id text)")
        (count,) = connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone() or (0,)
    assert count == 1


def test_databases_do_not_see_each_other(postgres_url: str) -> None:
    with psycopg.connect(postgres_url) as connection:
        (count,) = connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone() or (9,)
    assert count == 0
