"""What many tests share: the pipeline on the shipped rules, which takes seconds to build, and rules of one's own."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from builders import InlinePool, build_fake
from postgres import postgres_server, postgres_url

from marrowtext import batch
from marrowtext.pipeline import Pipeline
from marrowtext.pool import Pool
from marrowtext.reading import pattern_folders, shared_pipeline

__all__ = ["postgres_server", "postgres_url"]


@pytest.fixture(scope="session")
def pipeline() -> Pipeline:
    """The pipeline on the shipped rules: the one that `load_pipeline()` builds, which the public calls share."""
    return shared_pipeline(pattern_folders(None))


@pytest.fixture(scope="session")
def own_rules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a rule of one's own; the same for all, so that its pipeline is built once."""
    folder = tmp_path_factory.mktemp("own")
    (folder / "own.toml").write_text(
        '[[mention]]\nid = "edema.own"\nconcept = "edema"\nterms = ["marrow blotch"]\n'
        'finds = ["There is a [marrow blotch]."]\nskips = ["There is a blotch."]\n'
    )
    return folder


@pytest.fixture
def inline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read by the shared pipeline where workers would have to build their own, which takes seconds."""
    monkeypatch.setattr(batch, "Pool", InlinePool)


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read reports, in workers too, by a pipeline that takes no time to build."""
    monkeypatch.setattr(batch, "shared_pipeline", build_fake)
    monkeypatch.setattr(batch, "Pool", partial(Pool, build=build_fake))
