"""What is promised about CRAM files."""

from __future__ import annotations

import gzip
import hashlib
import io
import random
import zlib
from typing import TYPE_CHECKING

import pysam
import pytest

from qc.validate import validate
from tests.qc.builders import codes, verdict_of

if TYPE_CHECKING:
    from pathlib import Path

BASES = "".join(random.Random(7).choices("ACGT", k=5000))


@pytest.fixture
def reference(tmp_path: Path) -> Path:
    """A FASTA file of one sequence, without an index."""
    folder = tmp_path / "reference"
    folder.mkdir()
    path = folder / "ref.fa"
    path.write_text(">chr1\n" + "".join(BASES[at : at + 50] + "\n" for at in range(0, 5000, 50)))
    return path


def cram(folder: Path, reference: Path, *options: str, count: int = 300, uri: str | None = None) -> bytes:
    """A CRAM file of reads along the reference, written by htslib."""
    sequence = {"SN": "chr1", "LN": 5000} | ({"UR": uri} if uri else {})
    header = pysam.AlignmentHeader.from_dict({"HD": {"VN": "1.6", "SO": "coordinate"}, "SQ": [sequence]})
    copy = folder / "writing.fa"
    copy.write_bytes(reference.read_bytes())
    path = folder / "made.cram"
    formats = [option.encode() for option in options]
    with pysam.AlignmentFile(
        str(path), "wc", header=header, reference_filename=str(copy), format_options=formats
    ) as out:
        for number in range(count):
            read = pysam.AlignedSegment(header)
            read.query_name = f"read{number}"
            read.flag = 0 if number % 10 else 0x400
            read.reference_id, read.reference_start, read.mapping_quality = 0, number * 10, 60
            read.query_sequence = BASES[number * 10 : number * 10 + 40]
            read.cigarstring = "40M"
            read.query_qualities = pysam.qualitystring_to_array("I" * 40)
            out.write(read)
    copy.unlink()
    return path.read_bytes()


@pytest.mark.parametrize("version", ["2.1", "3.0", "3.1"])
def test_a_good_file_is_decoded_with_its_reference(tmp_path: Path, reference: Path, version: str) -> None:
    path = tmp_path / "a.cram"
    path.write_bytes(cram(tmp_path, reference, f"version={version}"))
    verdict = validate(path, reference=reference)
    assert verdict.valid
    assert verdict.findings == []
    counted = {"records": 300, "mapped": 300, "duplicates": 30, "references": 1, "bases": 12_000}
    assert {name: verdict.counts[name] for name in counted} == counted
    assert verdict.counts["sort_order"] == "coordinate"
    assert [file.name for file in reference.parent.iterdir()] == ["ref.fa"]


def test_without_its_reference_a_file_is_refused_and_told_what_is_needed(tmp_path: Path, reference: Path) -> None:
    verdict = verdict_of(tmp_path, "a.cram", cram(tmp_path, reference))
    assert not verdict.valid
    assert codes(verdict) == ["reference_missing"]
    message = verdict.findings[0].message
    md5 = hashlib.md5(BASES.encode()).hexdigest()
    assert all(said in message for said in ("'chr1'", "5000 bases", md5, "seqark references add"))
    assert verdict.counts == {"records": 300, "references": 1, "sort_order": "coordinate", "bases": 12_000}


@pytest.mark.parametrize("option", ["embed_ref=1", "no_ref=1"])
def test_a_file_that_carries_its_own_bases_needs_no_reference(tmp_path: Path, reference: Path, option: str) -> None:
    verdict = verdict_of(tmp_path, "a.cram", cram(tmp_path, reference, option))
    assert verdict.findings == []
    assert (verdict.counts["records"], verdict.counts["duplicates"]) == (300, 30)


def test_a_path_that_the_file_names_is_never_opened(tmp_path: Path, reference: Path) -> None:
    data = cram(tmp_path, reference, uri=str(reference))
    verdict = verdict_of(tmp_path, "a.cram", data)
    assert codes(verdict) == ["reference_missing"]
    assert [file.name for file in reference.parent.iterdir()] == ["ref.fa"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (">other\nACGT\n", "reference_missing"),
        (">chr1\nACGT\n", "reference_mismatch"),
        (">chr1\n" + "A" * 5000 + "\n", "reference_mismatch"),
        ("no fasta at all\n", "reference_unreadable"),
        ("", "reference_unreadable"),
        (">chr1\n", "reference_unreadable"),
    ],
)
def test_a_reference_that_does_not_fit_refuses_the_file(tmp_path: Path, reference: Path, text: str, code: str) -> None:
    path, other = tmp_path / "a.cram", tmp_path / "other.fa"
    path.write_bytes(cram(tmp_path, reference))
    other.write_text(text)
    verdict = validate(path, reference=other)
    assert codes(verdict) == [code]
    assert verdict.counts["records"] == 300


def test_a_sequence_is_found_by_its_md5_under_another_name(tmp_path: Path, reference: Path) -> None:
    path, other = tmp_path / "a.cram", tmp_path / "other.fa.gz"
    path.write_bytes(cram(tmp_path, reference))
    other.write_bytes(gzip.compress(b">one\nACGT\n>1 the first\n" + BASES.lower().encode()))
    assert validate(path, reference=other).findings == []


def test_a_stream_is_decoded_as_a_path_is(tmp_path: Path, reference: Path) -> None:
    data = cram(tmp_path, reference)
    verdict = validate(io.BytesIO(data), filename="a.cram", reference=reference)
    assert verdict.valid
    assert verdict.counts["mapped"] == 300


def test_a_file_that_is_cut_anywhere_is_refused(tmp_path: Path, reference: Path) -> None:
    data = cram(tmp_path, reference, "embed_ref=1", count=20)
    assert verdict_of(tmp_path, "a.cram", data).valid
    assert [size for size in range(0, len(data), 3) if verdict_of(tmp_path, "a.cram", data[:size]).valid] == []


def test_a_file_without_its_end_container_is_refused(tmp_path: Path, reference: Path) -> None:
    data = cram(tmp_path, reference, "embed_ref=1")
    assert codes(verdict_of(tmp_path, "a.cram", data[:-38])) == ["cram_eof_missing"]
    assert codes(verdict_of(tmp_path, "a.cram", data + b"more")) == ["cram_trailing_garbage"]


def test_an_end_container_of_other_content_is_refused_though_its_checksum_is_right(
    tmp_path: Path, reference: Path
) -> None:
    data = cram(tmp_path, reference)
    block = data[-15:-4].replace(b"\1\0\1\0\1\0", b"\1\0\1\0\2\0")
    crc = zlib.crc32(block).to_bytes(4, "little")
    path = tmp_path / "a.cram"
    path.write_bytes(data[:-15] + block + crc)
    assert codes(validate(path, reference=reference)) == ["cram_container"]


def test_every_changed_byte_is_found(tmp_path: Path, reference: Path) -> None:
    data = cram(tmp_path, reference, "embed_ref=1", count=20)
    missed = []
    for at in range(26, len(data), 7):
        changed = data[:at] + bytes([data[at] ^ 0x55]) + data[at + 1 :]
        if verdict_of(tmp_path, "a.cram", changed).valid:
            missed.append(at)
    assert missed == []


def test_an_unknown_version_is_refused(tmp_path: Path) -> None:
    assert codes(verdict_of(tmp_path, "a.cram", b"CRAM\4\0" + bytes(60))) == ["cram_version"]
