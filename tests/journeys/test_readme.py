"""The README's tour and the demo, run as a newcomer runs them."""

from __future__ import annotations

import filecmp
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers.serving import ROOT, environment, running_service

pytestmark = pytest.mark.timeout(600)
BIN = Path(sys.executable).parent
PATIENCE = 400


def tour() -> list[str]:
    """The commands of the README's five minutes, in order, without the one that starts the service."""
    text = (ROOT / "README.md").read_text().split("## Five minutes with it")[1].split("\n## ")[0]
    blocks = re.findall(r"^```console\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    lines = "\n".join(blocks).replace("\\\n", " ").splitlines()
    commands = [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]
    return [command for command in commands if not command.endswith("seqark serve")]


def told_of_validation() -> list[str]:
    """What the README says that `seqark validate` prints."""
    text = (ROOT / "README.md").read_text().split("$ .venv/bin/seqark validate demo-data", 1)[1]
    return text.split("\n```", 1)[0].splitlines()[1:]


def test_the_tour_of_the_readme_leads_to_a_file_that_comes_back_unchanged(tmp_path: Path) -> None:
    with running_service(tmp_path) as serving:
        script = "\n".join(["set -eux", *tour()])
        script = script.replace("http://127.0.0.1:8000", serving.base_url)
        script = script.replace(".venv/bin/", f"{BIN}/").replace(" scripts/", f" {ROOT}/scripts/")
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=tmp_path,
            env=serving.environ,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    assert '"runs":["NFDP-RUN-000001","NFDP-RUN-000002","NFDP-RUN-000003","NFDP-RUN-000004"]' in done.stdout
    assert "\n".join(told_of_validation()) in done.stdout
    assert done.stdout.count(": valid (") == 4
    name = "SIM001_R1.fastq.gz"
    assert filecmp.cmp(tmp_path / name, tmp_path / "demo-data" / name, shallow=False)


def test_the_demo_ends_well_and_prints_its_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "demo.py"), "--report", str(tmp_path / "report.html")],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "NFDP-RUN-000001" in done.stdout
    assert (tmp_path / "report.html").stat().st_size > 100_000
