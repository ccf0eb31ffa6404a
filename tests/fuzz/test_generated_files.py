"""Random files that the specifications allow are accepted, in every packing and every format that holds them."""

from __future__ import annotations

import gzip
from random import Random
from typing import TYPE_CHECKING

import pysam
import pytest

from qc.validate import validate
from tests.fuzz import grammar
from tests.fuzz.containers import pack_bgzf, pack_gzip

if TYPE_CHECKING:
    from pathlib import Path

FILES = 60


def _accepted(path: Path) -> None:
    verdict = validate(path)
    assert verdict.valid, f"{path}: {verdict.first_error}"


@pytest.fixture(params=range(4))
def rngs(request: pytest.FixtureRequest) -> list[Random]:
    """A generator for each file; this run's share of them."""
    seed = request.config.getoption("--seed")
    return [Random(f"{seed}:{number}") for number in range(request.param, FILES, 4)]


def test_reads_that_the_format_allows_are_accepted(rngs: list[Random], tmp_path: Path) -> None:
    for rng in rngs:
        text = grammar.fastq(rng).encode()
        half = text.find(b"@", len(text) // 2)
        packed = {"": text, ".gz": rng.choice((pack_gzip(text), pack_bgzf(text)))}
        packed[".two.gz"] = pack_gzip(text[:half]) + pack_gzip(text[half:])
        for ending, data in packed.items():
            path = tmp_path / f"reads.fastq{ending}".replace(".fastq.two.gz", ".two.fastq.gz")
            path.write_bytes(data)
            _accepted(path)


def test_alignments_that_the_specification_allows_are_accepted(rngs: list[Random], tmp_path: Path) -> None:
    for rng in rngs:
        text = tmp_path / "a.sam"
        text.write_text(grammar.sam(rng))
        _accepted(text)
        with pysam.AlignmentFile(str(text), check_sq=False) as source:
            records = list(source)
            for name, mode, options in (("a.bam", "wb", []), ("a.cram", "wc", [b"no_ref=1", b"seqs_per_slice=7"])):
                with pysam.AlignmentFile(
                    str(tmp_path / name), mode, header=source.header, format_options=options
                ) as target:
                    for record in records:
                        target.write(record)
                _accepted(tmp_path / name)


def test_variants_that_the_specification_allows_are_accepted(rngs: list[Random], tmp_path: Path) -> None:
    for rng in rngs:
        text = tmp_path / "v.vcf"
        text.write_text(grammar.vcf(rng))
        _accepted(text)
        packed = tmp_path / "v.vcf.gz"
        packed.write_bytes(pack_bgzf(text.read_bytes()))
        assert gzip.decompress(packed.read_bytes()) == text.read_bytes()
        _accepted(packed)
        with (
            pysam.VariantFile(str(text)) as source,
            pysam.VariantFile(str(tmp_path / "v.bcf"), "wb", header=source.header) as target,
        ):
            for record in source:
                target.write(record)
        _accepted(tmp_path / "v.bcf")
