"""The wheel with its extra `spark`, in an environment of its own: a real Spark session with several Python workers."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path

import pytest
from environment import ROOT, run

pytestmark = pytest.mark.system


def test_spark_finds_the_same_as_one_machine(wheel: Path, tmp_path: Path) -> None:
    java = os.environ.get("JAVA_HOME") or shutil.which("java")
    assert java, "Spark needs Java 17 or later: install a headless runtime, such as openjdk-17-jre-headless"
    run(sys.executable, "-m", "venv", "environment", folder=tmp_path)
    python = tmp_path / "environment" / "bin" / "python"
    run(python, "-m", "pip", "install", "--quiet", f"{wheel}[spark]", folder=tmp_path)
    shutil.copy(ROOT / "corpora" / "hip" / "reports.jsonl", tmp_path / "sample.jsonl")
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "own.toml").write_text(
        '[[mention]]\nid = "edema.own"\nconcept = "edema"\nterms = ["marrow blotch"]\n'
        'finds = ["There is a [marrow blotch]."]\nskips = ["There is a blotch."]\n'
    )
    shutil.copy(ROOT / "tests" / "system" / "compare_spark.py", tmp_path)
    told = json.loads(run(python, "compare_spark.py", folder=tmp_path, PYSPARK_PYTHON=str(python)).splitlines()[-1])
    local, found = told["findings"]
    assert len(local) > 100
    assert found == local
    assert told["alone"] == local
    assert told["columns"][0] == told["columns"][1]
    local, found = told["sites"]
    assert len(local) > 50
    assert found == local
    local, found = told["reports"]
    assert found == local
    assert sorted(row["reason"] for row in found if row["processing"] == "error") == [
        "the text has 20,000 characters, the limit is 10,000; raise the maximum length",
        "the text is empty",
        "the text is missing",
    ]
    assert sum(row["duplicate_id"] for row in found) == len(found) - 24
    assert told["processes"] > 1
