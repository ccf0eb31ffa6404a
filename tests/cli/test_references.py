"""`seqark references`: what is added is listed, and decodes CRAM files without another word."""

from __future__ import annotations

import gzip
import hashlib
from typing import TYPE_CHECKING

import pytest
from simulate import Dataset, simulate_dataset

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Seqark


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return simulate_dataset(tmp_path_factory.mktemp("data"), genome_length=4000, pairs=50, samples=1, cram=True)


def test_a_cram_file_is_refused_until_its_reference_is_added(seqark: Seqark, data: Dataset) -> None:
    cram = data.samples[0].cram
    refused = seqark("validate", cram)
    assert refused.code == 1
    assert "seqark references add" in refused.out
    added = seqark("references", "add", data.reference)
    assert added.code == 0
    assert added.out.strip().endswith("of them new.")
    assert seqark("validate", cram).code == 0


def test_adding_twice_changes_nothing_and_the_list_tells_names_lengths_and_digests(
    seqark: Seqark, tmp_path: Path
) -> None:
    fasta = tmp_path / "two.fa.gz"
    fasta.write_bytes(gzip.compress(b">chrA some words\nacgt\nAC\n>chrB\r\nGGGG\r\n"))
    first = seqark("references", "add", fasta)
    again = seqark("references", "add", fasta)
    assert (first.out, again.out) == (
        f"{fasta}: 2 sequences, 2 of them new.\n",
        f"{fasta}: 2 sequences, 0 of them new.\n",
    )
    rows = [line.split("\t") for line in seqark("references", "list").out.splitlines()]
    assert rows == [
        ["chrA", "6", hashlib.md5(b"ACGTAC").hexdigest(), "two.fa.gz"],
        ["chrB", "4", hashlib.md5(b"GGGG").hexdigest(), "two.fa.gz"],
    ]


@pytest.mark.parametrize(
    "text", [b"", b"@r\nACGT\n+\nIIII\n", b">a\n", b">\nACGT\n", gzip.compress(b">a\nACGT\n", mtime=0)[:-9]]
)
def test_what_is_no_fasta_is_refused_with_its_name(seqark: Seqark, tmp_path: Path, text: bytes) -> None:
    fasta = tmp_path / "broken.fa"
    fasta.write_bytes(text)
    assert str(fasta) in seqark("references", "add", fasta).sentence()
    assert seqark("references", "list").out == ""


def test_a_folder_of_ones_own_is_used(seqark: Seqark, data: Dataset, tmp_path: Path) -> None:
    assert seqark("references", "add", data.reference, references=tmp_path / "elsewhere").code == 0
    assert seqark("validate", data.samples[0].cram, references=tmp_path / "elsewhere").code == 0
    assert seqark("validate", data.samples[0].cram).code == 1
