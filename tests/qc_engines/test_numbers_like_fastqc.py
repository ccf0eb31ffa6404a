"""Our numbers of reads are those that FastQC itself gives, position by position.

FastQC before 0.12 joins fewer letters than we do for reads of 51 to 75 bases when it looks for copies, so none is here.
"""

from __future__ import annotations

import random
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from qc.engines.fastqc import FastQC, _member
from qc.validate import validate

if TYPE_CHECKING:
    from pathlib import Path

    from qc.results import Verdict

ADAPTER = "AGATCGGAAGAGCACACGTCTGAACTCCAGTCA"
QUALITIES = ("mean", "median", "lower_quartile", "upper_quartile", "p10", "p90")


def reads(chance: random.Random) -> list[tuple[str, str]]:
    """Reads of 110 to 150 bases that get worse to their ends, some with adapters, some uncalled bases, some copies."""
    made: list[tuple[str, str]] = []
    for _ in range(1500):
        length = chance.choice([150, 150, 150, 131, 110])
        bases = "".join(chance.choices("ACGT", [0.3, 0.2, 0.2, 0.3], k=length))
        if chance.random() < 0.2:
            at = chance.randrange(20, length - 12)
            bases = (bases[:at] + ADAPTER + bases[at:])[:length]
        if chance.random() < 0.1:
            bases = bases[:10] + "N" + bases[11:]
        scores = (max(2, min(41, int(chance.gauss(38 - 0.1 * place, 3)))) for place in range(length))
        made.append((bases, "".join(chr(33 + score) for score in scores)))
    return [*made, *made[:40] * 5, *made[40:100]]


@pytest.fixture(scope="module")
def both(fastqc_required: FastQC, tmp_path_factory: pytest.TempPathFactory) -> tuple[Verdict, dict[str, Any]]:
    """Our verdict on simulated reads, and the rows of each module of FastQC."""
    folder = tmp_path_factory.mktemp("numbers")
    path = folder / "a.fastq"
    made = reads(random.Random(4))
    path.write_text("".join(f"@r{n}\n{bases}\n+\n{scores}\n" for n, (bases, scores) in enumerate(made)))
    command: list[str | Path] = [fastqc_required.executable, "--quiet", "--noextract", "--outdir", folder, path]
    subprocess.run(command, check=True, env=fastqc_required._environment())
    modules: dict[str, Any] = {}
    for part in _member(folder / "a_fastqc.zip", "fastqc_data.txt").split(">>END_MODULE\n"):
        _, _, text = part.rpartition(">>") if ">>" in part else ("", "", "")
        name, _, rows = text.partition("\n")
        modules[name.partition("\t")[0]] = [row.split("\t") for row in rows.splitlines() if not row.startswith("#")]
    return validate(path), modules


def test_qualities_and_content_agree_at_every_position(both: tuple[Verdict, dict[str, Any]]) -> None:
    verdict, theirs = both
    for ours, quality, content, uncalled in zip(
        verdict.metrics["positions"],
        theirs["Per base sequence quality"],
        theirs["Per base sequence content"],
        theirs["Per base N content"],
        strict=True,
    ):
        first, last = ours["from"], ours["to"]
        assert quality[0] == (str(first) if first == last else f"{first}-{last}")
        assert [ours[key] for key in QUALITIES] == pytest.approx([float(value) for value in quality[1:]], abs=1e-3)
        assert [ours[base] for base in "GATC"] == pytest.approx([float(value) for value in content[1:]], abs=1e-3)
        assert ours["N"] == pytest.approx(float(uncalled[1]), abs=1e-3)


def test_distributions_over_reads_agree(both: tuple[Verdict, dict[str, Any]]) -> None:
    verdict, theirs = both
    metrics = verdict.metrics
    assert metrics["mean_quality_histogram"] == [
        [int(score), int(float(reads))] for score, reads in theirs["Per sequence quality scores"]
    ]
    assert metrics["gc_histogram"] == pytest.approx([float(row[1]) for row in theirs["Per sequence GC content"]], abs=1)
    levels = [float(row[-1]) for row in theirs["Sequence Duplication Levels"]]
    assert [share for _, share in metrics["duplication_levels"]] == pytest.approx(levels, abs=1e-3)


def test_adapters_and_frequent_sequences_agree(both: tuple[Verdict, dict[str, Any]]) -> None:
    verdict, theirs = both
    ours = verdict.metrics["adapters"]["Illumina Universal Adapter"]
    content = [float(row[1]) for row in theirs["Adapter Content"]]
    assert ours[:9] == pytest.approx(content[:9], abs=1e-3)
    assert ours[-1] == pytest.approx(content[-1], abs=0.1)
    assert ours[-1] > 10
    frequent = {row[0]: int(row[1]) for row in theirs["Overrepresented sequences"]}
    assert {sequence: times for sequence, times, *_ in verdict.metrics["overrepresented"]} == frequent
