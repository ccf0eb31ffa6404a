"""What is promised about the index that lies beside a file."""

from __future__ import annotations

import gzip
import struct
from typing import TYPE_CHECKING

import pysam
import pysam.bcftools
import pysam.samtools
import pytest

from qc.formats.index_bins import Damaged, read_bins
from qc.validate import validate
from tests.qc.builders import VCF_HEADER, bgzf, codes

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from qc.results import Verdict


def bam(folder: Path, *, count: int = 3000, references: int = 3, name: str = "a.bam") -> Path:
    """A sorted BAM file of several blocks with reads that are mapped, placed and unplaced."""
    names = [{"SN": f"chr{number}", "LN": 500_000} for number in range(references)]
    header = pysam.AlignmentHeader.from_dict({"HD": {"VN": "1.6", "SO": "coordinate"}, "SQ": names})
    path = folder / name
    with pysam.AlignmentFile(str(path), "wb", header=header) as out:
        for number in range(count):
            read = pysam.AlignedSegment(header)
            read.query_name = f"read{number * 7919 % 10_007}"
            read.query_sequence = "ACGTTGCA" * 10
            read.query_qualities = pysam.qualitystring_to_array("I" * 80)
            read.flag = 4 if number % 10 == 3 or number > count - 20 else 0
            if number <= count - 20:
                read.reference_id, read.reference_start = number * 2 // count, number % (count // 2) * 100
            if not read.flag:
                read.cigarstring, read.mapping_quality = "80M", 60
            out.write(read)
    return path


def cram(folder: Path) -> Path:
    """The same as CRAM of several containers."""
    path = folder / "a.cram"
    options = [b"no_ref=1", b"seqs_per_slice=500", b"slices_per_container=2"]
    with (
        pysam.AlignmentFile(str(bam(folder))) as reads,
        pysam.AlignmentFile(str(path), "wc", template=reads, format_options=options) as out,
    ):
        for read in reads:
            out.write(read)
    return path


def vcf(folder: Path) -> Path:
    """A VCF file in BGZF of several blocks."""
    path = folder / "a.vcf.gz"
    lines = [b"%d\t%d\t.\tA\tG\t50\tPASS\tDP=1\tGT\t0/1\t0/0\n" % (c, 1 + at) for c in (1, 2) for at in range(900)]
    path.write_bytes(bgzf(VCF_HEADER + b"".join(lines), size=8000))
    return path


MADE: dict[str, tuple[Callable[[Path], Path], Callable[[str, str], object]]] = {
    "bai": (bam, lambda data, index: pysam.samtools.index("-o", index, data)),
    "csi": (bam, lambda data, index: pysam.samtools.index("-c", "-o", index, data)),
    "crai": (cram, lambda data, index: pysam.samtools.index("-o", index, data)),
    "tbi": (vcf, lambda data, index: pysam.tabix_index(data, preset="vcf", index=index, force=True)),
}


@pytest.fixture(params=list(MADE))
def made(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, Path]:
    """A file and its index."""
    make, index_of = MADE[request.param]
    data, index = make(tmp_path), tmp_path / f"index.{request.param}"
    index_of(str(data), str(index))
    return data, index


def named(data: Path, index: Path) -> Verdict:
    return validate(data, index=index, index_named=True)


def unpacked(index: Path) -> bytes:
    data = index.read_bytes()
    return gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data


def test_the_index_that_htslib_makes_agrees(made: tuple[Path, Path]) -> None:
    verdict = named(*made)
    assert verdict.findings == []
    assert verdict.checked[-1] == "index"


def test_an_index_of_bcf_agrees(tmp_path: Path) -> None:
    path = tmp_path / "a.bcf"
    pysam.bcftools.view("-Ob", "-o", str(path), str(vcf(tmp_path)), catch_stdout=False)
    pysam.bcftools.index(str(path), catch_stdout=False)
    verdict = named(path, tmp_path / "a.bcf.csi")
    assert verdict.findings == []


def test_an_index_without_its_compression_says_the_same(made: tuple[Path, Path]) -> None:
    data, index = made
    index.write_bytes(unpacked(index))
    assert named(data, index).findings == []


def test_an_index_cut_anywhere_is_found_damaged(made: tuple[Path, Path]) -> None:
    data, index = made
    whole = unpacked(index)
    for size in {0, 3, 9, 30, len(whole) // 2, len(whole) - 9}:
        index.write_bytes(whole[:size])
        found = codes(named(data, index))
        assert found in (["index_damaged"], ["index_counts"]) or (size == 0 and index.suffix == ".crai"), size


def test_the_index_of_another_file_is_found_out(tmp_path: Path) -> None:
    data = bam(tmp_path)
    for number, other in enumerate(
        (bam(tmp_path, count=2000, name="b.bam"), bam(tmp_path, references=4, name="c.bam"))
    ):
        index = tmp_path / f"{number}.bai"
        pysam.samtools.index("-o", str(index), str(other))
        assert codes(named(data, index)) == [("index_offset", "index_references")[number]]


def test_an_index_of_the_file_as_it_was_is_found_out_by_its_counts(tmp_path: Path) -> None:
    data = bam(tmp_path, count=100)
    index = tmp_path / "a.bam.bai"
    pysam.samtools.index(str(data))
    bam(tmp_path, count=120)
    assert codes(named(data, index)) == ["index_counts"]


def test_a_slice_that_is_not_there_is_found_out(tmp_path: Path) -> None:
    data = cram(tmp_path)
    index = tmp_path / "a.crai"
    index.write_bytes(gzip.compress(b"0\t1\t100\t30\t20\t100\n"))
    assert codes(named(data, index)) == ["index_offset"]
    index.write_bytes(b"7\t1\t100\t30\t20\t100\n")
    assert codes(named(data, index)) == ["index_references"]
    index.write_bytes(b"0\tone\n")
    assert codes(named(data, index)) == ["index_damaged"]


def test_an_index_of_another_kind_is_told(tmp_path: Path) -> None:
    data, other = bam(tmp_path), vcf(tmp_path)
    pysam.samtools.index(str(data))
    assert codes(named(other, tmp_path / "a.bam.bai")) == ["index_format"]
    plain = tmp_path / "a.vcf"
    plain.write_bytes(gzip.decompress(other.read_bytes()))
    assert codes(named(plain, tmp_path / "a.bam.bai")) == ["index_format"]


def test_an_index_that_was_only_found_beside_warns_and_the_file_stays_valid(tmp_path: Path) -> None:
    data, index = bam(tmp_path), tmp_path / "a.bam.bai"
    index.write_bytes(b"no index")
    assert codes(named(data, index)) == ["index_damaged"]
    assert not named(data, index).valid
    beside = validate(data, index=index)
    assert beside.valid
    assert codes(beside) == ["index_damaged"]


def test_counts_and_places_are_seen_in_a_stream_of_small_pieces_too(tmp_path: Path) -> None:
    data = bam(tmp_path)
    pysam.samtools.index(str(data))
    with data.open("rb") as stream:
        verdict = validate(stream, filename="a.bam", index=tmp_path / "a.bam.bai", index_named=True)
    assert verdict.findings == []


def bai(*, bin_number: int = 4681, chunk: tuple[int, int] = (1, 2), linear: tuple[int, ...] = (1, 2)) -> bytes:
    """A BAI of one reference, one bin and a linear index."""
    bins = struct.pack("<iIiQQ", 1, bin_number, 1, *chunk)
    return b"BAI\1" + struct.pack("<i", 1) + bins + struct.pack(f"<i{len(linear)}Q", len(linear), *linear)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (bai(bin_number=37449), "possible"),
        (bai(chunk=(2, 1)), "ends before it begins"),
        (bai(linear=(5, 0, 4)), "goes backwards"),
        (bai() + b"more", "behind its end"),
        (b"BAI\1" + struct.pack("<i", 2**31 - 1), "things follow"),
        (b"BAI\1" + struct.pack("<i", -1), "things follow"),
        (b"CSI\1" + struct.pack("<iii", 14, 99, 0), "levels deep"),
        (b"CSI\1" + struct.pack("<iii", 14, 5, -1), "other data"),
        (b"BAI\1" + struct.pack("<iiIiQQIiQQ", 1, 2, 5, 1, 1, 2, 5, 1, 1, 2), "twice"),
    ],
)
def test_an_index_that_contradicts_itself_is_damaged(data: bytes, said: str) -> None:
    with pytest.raises(Damaged, match=said):
        read_bins(data)
    assert read_bins(bai()).references == 1
