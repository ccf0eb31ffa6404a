"""Every file of the labelled corpus, where it is there, gets the verdict that its label says."""

from __future__ import annotations

import csv
from pathlib import Path

import msgspec
import pytest

from qc.validate import check_mates, validate

CORPUS = Path(__file__).parents[2] / ".." / "shared" / "corpus"

if CORPUS.is_dir():
    with (CORPUS / "manifest.tsv").open(newline="") as table:
        ROWS = list(csv.DictReader(table, delimiter="\t"))
    REAL = sorted(
        path.relative_to(CORPUS / "real").as_posix()
        for path in (CORPUS / "real").rglob("*")
        if path.name.endswith((".fastq.gz", ".bam", ".vcf.gz"))
    )

    @pytest.mark.parametrize("row", ROWS, ids=[row["path"] for row in ROWS])
    def test_a_labelled_file_gets_its_label(row: dict[str, str]) -> None:
        mate = CORPUS / row["mate"] if row["mate"] else None
        reference = CORPUS / row["reference"] if row["reference"] else None
        path, wrapped = CORPUS / row["path"], "multi-line" in row["reason"]
        verdict = validate(path, mate=mate, reference=reference, multiline=wrapped)
        assert ("good" if verdict.valid else "bad") == row["expected"], verdict.findings
        if wrapped:
            assert not validate(path).valid
        with path.open("rb", buffering=0) as stream:
            streamed = validate(stream, filename=path.name, mate=mate, reference=reference, multiline=wrapped)
        assert msgspec.structs.replace(streamed, seconds=0) == msgspec.structs.replace(verdict, seconds=0)

    @pytest.mark.parametrize("name", REAL)
    def test_a_real_file_is_valid(name: str) -> None:
        verdict = validate(CORPUS / "real" / name)
        assert verdict.valid, verdict.findings
        assert verdict.counts.get("records") or verdict.counts.get("variants")

    @pytest.mark.parametrize("name", [name for name in REAL if name.endswith("_R1.fastq.gz")])
    def test_a_real_pair_pairs(name: str) -> None:
        forward = CORPUS / "real" / name
        assert check_mates(forward, forward.with_name(forward.name.replace("_R1", "_R2"))) == []
