"""The import contracts notice the faults that they are there for."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

from tests.architecture.tree import ROOT

# One forbidden import for each contract, by its number: the module that gets it, and the line.
FAULTS = {
    1: ("qc/grade.py", "import accession.ids"),
    2: ("app/settings.py", "import app.wiring"),
    3: ("app/api/another.py", "import app.api.archive.answers"),
    4: ("app/api/archive/structs/common.py", "import litestar"),
    5: ("accession/files/store.py", "import httpx"),
    6: ("accession/projects/rules.py", "import sqlalchemy"),
    7: ("qc/sniff.py", "import asyncio"),
    8: ("app/http/auth.py", "import sqlalchemy"),
    9: ("accession/people/rules.py", "import accession.catalog.rules"),
    10: ("qc/formats/base.py", "import qc.validate"),
    11: ("app/storage/embedded.py", "import minio"),
    12: ("qc/sniff.py", "import pysam"),
    13: ("app/wiring.py", "import litestar_queues"),
    14: ("app/jobs/sweeping.py", "import qc.results"),
    15: ("accession/sheets/limits.py", "import accession.sheets.reader"),
    16: ("client/seqark_client/errors.py", "import accession.errors"),
    17: ("app/jobs/queue.py", "import aiosmtplib"),
}


def contracts() -> list[str]:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    return [contract["name"] for contract in settings["tool"]["importlinter"]["contracts"]]


def checked(folder: Path) -> str:
    """What the linter says of the house in `folder`."""
    paths = f"{folder}{os.pathsep}{folder / 'client'}"
    done = subprocess.run(
        [str(Path(sys.executable).parent / "lint-imports"), "--no-cache", "--config", str(ROOT / "pyproject.toml")],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": paths, "COLUMNS": "300"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr


def test_each_contract_is_broken_by_the_fault_that_it_is_for(tmp_path):
    for name in ("app", "accession", "qc", "client"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__", "*.json"))
    for place, line in FAULTS.values():
        with (tmp_path / place).open("a") as module:
            module.write(f"\n{line}\n")
    said = checked(tmp_path)
    broken = {int(number) for number in re.findall(r"^(\d+) .*BROKEN$", said, re.MULTILINE)}
    assert broken == set(FAULTS), said[-3000:]
    assert len(FAULTS) == len(contracts())


def test_the_api_loads_neither_pysam_nor_multiqc():
    """What reads files of strangers runs in children; contracts cannot tell an import within a function."""
    source = "import sys, app.asgi; print(*{'pysam', 'multiqc', 'qc.validate', 'sequali'} & sys.modules.keys())"
    done = subprocess.run([sys.executable, "-c", source], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
