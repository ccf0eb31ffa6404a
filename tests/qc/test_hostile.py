"""Files made to do harm end in a verdict, in bounded memory: bombs, endless lines, false sizes, floods of findings.

`SEQARK_TEST_HUGE=1` makes everything many times larger; what is promised stays the same.
"""

from __future__ import annotations

import gzip
import os
import struct
from typing import TYPE_CHECKING

import pytest

from qc.formats.bgzf import BGZF_EOF
from tests.qc.builders import SAM_HEADER, VCF_HEADER, bam_header, bam_record, bgzf, fastq, gzipped
from tests.qc.hostile import MIB, Examiner, blocks, bomb, plain

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HUGE = os.environ.get("SEQARK_TEST_HUGE") == "1"
ENDLESS = (4096 if HUGE else 512) * MIB  # of what is refused long before its end, and more than may be in memory
HOLE = (4096 if HUGE else 256) * MIB  # of the same without compression, which costs two digests
MANY = (512 if HUGE else 4) * MIB  # of what is looked at to its end
MOST = 2**31 - 1
READ = b"@r\nACGTACGTAC\n+\nIIIIIIIIII\n"
RECORD = b"1\t100\t.\tA\tG\t.\t.\t.\n"
META = b"##fileformat=VCFv4.3\n"
COLUMNS = b"#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
ALIGNED = b"r1\t0\tchr1\t10\t60\t4M\t*\t0\t0\tACGT\tIIII\n"


@pytest.fixture(scope="module")
def examiner() -> Iterator[Examiner]:
    made = Examiner()
    yield made
    made.end()


@pytest.mark.parametrize(
    ("name", "start", "repeated", "code"),
    [
        ("a.fastq.gz", b"", b"\0" * MIB, "format_mismatch"),
        ("a.fastq.gz", b"@r\n", b"\0" * MIB, None),
        ("a.fastq.gz", b"@r\n", b"A" * MIB, "record_too_long"),
        ("a.fastq.gz", b"@r\nACGT\n+\n", b"I" * MIB, "record_too_long"),
        ("a.sam.gz", SAM_HEADER + b"r1\t", b"A" * MIB, "line_too_long"),
        ("a.sam.gz", b"@HD\tVN:1.6\n@CO\t", b"x" * MIB, "line_too_long"),
        ("a.vcf.gz", VCF_HEADER + b"1\t100\t.\tA\t", b"G" * MIB, "line_too_long"),
        ("a.vcf.gz", META + b"##x=", b"y" * MIB, "line_too_long"),
    ],
)
def test_an_endless_line_is_refused(
    examiner: Examiner, tmp_path: Path, name: str, start: bytes, repeated: bytes, code: str | None
) -> None:
    found = examiner.examine(bomb(tmp_path / name, start, repeated, ENDLESS))
    assert not found.valid
    assert code in {None, found.first}


@pytest.mark.parametrize("name", ["a.fastq", "a.sam", "a.vcf"])
def test_a_line_of_a_gigabyte_is_refused_without_compression_too(examiner: Examiner, tmp_path: Path, name: str) -> None:
    start = {"a.fastq": b"@r\n", "a.sam": SAM_HEADER, "a.vcf": VCF_HEADER}[name]
    found = examiner.examine(plain(tmp_path / name, start, b"\0", HOLE))
    assert not found.valid


def test_reads_that_pack_like_nothing_that_was_measured_are_a_bomb(examiner: Examiner, tmp_path: Path) -> None:
    nothing = b"@r\n" + b"N" * 250_000 + b"\n+\n" + b"#" * 250_000 + b"\n"
    found = examiner.examine(bomb(tmp_path / "a.fastq.gz", b"", nothing, ENDLESS))
    assert (found.valid, found.first) == (False, "gzip_bomb")


def test_reads_that_pack_well_are_good(examiner: Examiner, tmp_path: Path) -> None:
    packed = bomb(tmp_path / "a.fastq.gz", b"", READ, 16 * MANY)
    assert packed.stat().st_size * 300 < 16 * MANY
    assert examiner.examine(packed).valid


def test_gzip_inside_gzip_is_told_and_not_unpacked(examiner: Examiner, tmp_path: Path) -> None:
    path = tmp_path / "a.fastq.gz"
    path.write_bytes(gzip.compress(bomb(tmp_path / "inner", b"", b"\0" * MIB, ENDLESS).read_bytes()))
    assert examiner.examine(path).first == "format_mismatch"


@pytest.mark.parametrize(
    ("name", "start", "repeated", "valid"),
    [
        ("a.sam.gz", SAM_HEADER, b"@CO\tx\n", True),
        ("a.sam.gz", SAM_HEADER, b"@SQ\tSN:x\tLN:5\n", False),
        ("a.sam.gz", SAM_HEADER, b"\n", False),
        ("a.sam.gz", SAM_HEADER, b"r\n", False),
        ("a.sam.gz", SAM_HEADER, ALIGNED[:-2] + b"\n", False),
        ("a.vcf.gz", META, b"##x=y\n", False),
        ("a.vcf.gz", META, b'##INFO=<ID=DP,Number=1,Type=Integer,Description="D">\n', False),
        ("a.vcf.gz", META, b"##INFO=<\n", False),
        ("a.vcf.gz", VCF_HEADER, b"\n", True),
        ("a.vcf.gz", VCF_HEADER, b"1\n", False),
        ("a.vcf.gz", META + COLUMNS, RECORD.replace(b"100", b"0x9"), False),
        ("a.fastq.gz", READ, b"\n", False),
        ("a.fastq.gz", READ, READ.replace(b"\nI", b"\n\x01"), False),
        ("a.fastq.gz", READ, READ.replace(b"AC", b"A\0"), False),
    ],
)
def test_millions_of_lines_end_in_a_verdict(
    examiner: Examiner, tmp_path: Path, name: str, start: bytes, repeated: bytes, *, valid: bool
) -> None:
    found = examiner.examine(bomb(tmp_path / name, start, repeated, MANY))
    assert found.valid is valid
    assert sum(found.codes.values()) <= 3 * 10_001


@pytest.mark.parametrize("sort", ["errors", "warnings"])
def test_a_flood_of_findings_costs_little_more_than_reading(examiner: Examiner, tmp_path: Path, sort: str) -> None:
    repeated = {"errors": READ.replace(b"+\nI", b"+\n"), "warnings": READ.replace(b"\n", b"\r\n")}[sort]
    found = examiner.examine(bomb(tmp_path / "a.fastq.gz", READ, repeated, 16 * MANY))
    assert found.valid is (sort == "warnings")


BAM_FILES: dict[str, list[tuple[bytes, int]]] = {
    "header text of 2 GB that is claimed": [(b"BAM\1" + struct.pack("<i", MOST) + b"@CO\tx\n", 1)],
    "header text that is there": [
        (b"BAM\1" + struct.pack("<i", MOST), 1),
        (b"@CO\tx\n" * 10_000, ENDLESS // 60_000),
    ],
    "header text of zeros": [(b"BAM\1" + struct.pack("<i", MOST), 1), (bytes(60_000), ENDLESS // 60_000)],
    "negative header text": [(b"BAM\1" + struct.pack("<i", -1), 1)],
    "references that are claimed": [(b"BAM\1" + struct.pack("<ii", 0, MOST), 1)],
    "references of one name": [
        (b"BAM\1" + struct.pack("<ii", 0, MOST), 1),
        ((struct.pack("<i", 2) + b"x\0" + struct.pack("<i", 9)) * 6000, MANY // 60_000),
    ],
    "a reference whose name is endless": [
        (b"BAM\1" + struct.pack("<iii", 0, 1, MOST), 1),
        (b"x" * 60_000, ENDLESS // 60_000),
    ],
    "negative references": [(b"BAM\1" + struct.pack("<ii", 0, -7), 1)],
    "a record of 2 GB that is claimed": [(bam_header() + struct.pack("<i", MOST) + bytes(40), 1)],
    "a record of zeros": [(bam_header() + struct.pack("<i", MOST), 1), (bytes(60_000), ENDLESS // 60_000)],
    "a record of negative size": [(bam_header() + struct.pack("<i", -4), 1), (bytes(60_000), 100)],
    "records of no size": [(bam_header(), 1), (bytes(60_000), MANY // 60_000)],
    "records that are all bad": [(bam_header(), 1), (bam_record(ref=7) * 500, MANY // 40_000)],
}


@pytest.mark.parametrize("what", BAM_FILES)
def test_a_bam_file_with_false_sizes_is_refused(examiner: Examiner, tmp_path: Path, what: str) -> None:
    found = examiner.examine(blocks(tmp_path / "a.bam", BAM_FILES[what]))
    assert not found.valid
    assert not found.first.startswith("bgzf"), "the container is good"


BCF = b"BCF\2\2"
TEXT = META + b'##contig=<ID=1>\n##FILTER=<ID=PASS,Description="">\n' + COLUMNS + b"\0"
BCF_FILES: dict[str, list[tuple[bytes, int]]] = {
    "header text that is claimed": [(BCF + struct.pack("<I", 2**32 - 1) + META, 1)],
    "header text of one line": [(BCF + struct.pack("<I", 2**32 - 1), 1), (b"#" * 60_000, ENDLESS // 60_000)],
    "a record whose sizes are claimed": [
        (BCF + struct.pack("<I", len(TEXT)) + TEXT + struct.pack("<II", 2**32 - 1, 2**32 - 1) + bytes(64), 1)
    ],
    "a record of zeros": [
        (BCF + struct.pack("<I", len(TEXT)) + TEXT + struct.pack("<II", 2**31, 2**31), 1),
        (bytes(60_000), ENDLESS // 60_000),
    ],
    "records of no size": [
        (BCF + struct.pack("<I", len(TEXT)) + TEXT, 1),
        (bytes(60_000), MANY // 60_000),
    ],
}


@pytest.mark.parametrize("what", BCF_FILES)
def test_a_bcf_file_with_false_sizes_is_refused(examiner: Examiner, tmp_path: Path, what: str) -> None:
    found = examiner.examine(blocks(tmp_path / "a.bcf", BCF_FILES[what]))
    assert not found.valid
    assert not found.first.startswith("bgzf"), "the container is good"


@pytest.mark.parametrize("size", [b"\xff\xff\xff\x7f", b"\xff\xff\xff\xff", b"\0\0\0\x80", b"\0\0\0\0"])
def test_a_cram_file_with_false_sizes_is_refused(examiner: Examiner, tmp_path: Path, size: bytes) -> None:
    definition = b"CRAM\3\0" + bytes(20)
    for name, rest, total in (("a.cram", b"", HOLE), ("b.cram", b"\x0f" * 40, MIB)):
        found = examiner.examine(plain(tmp_path / name, definition + size + rest, b"\0", total))
        assert not found.valid


@pytest.mark.parametrize(
    ("name", "start", "repeated", "code"),
    [
        ("a.fastq.gz", b"", gzipped(b""), "empty_file"),
        ("a.bam", b"", BGZF_EOF, "empty_file"),
        ("a.fastq.gz", gzipped(fastq(3)), gzipped(b""), None),
        ("a.fastq.gz", gzipped(fastq(3)), gzipped(fastq(1)), None),
        ("a.bam", bgzf(bam_header()), BGZF_EOF, None),
        ("a.vcf.gz", bgzf(META + COLUMNS), BGZF_EOF, None),
    ],
)
def test_hundreds_of_thousands_of_empty_members_end_in_a_verdict(
    examiner: Examiner, tmp_path: Path, name: str, start: bytes, repeated: bytes, code: str | None
) -> None:
    found = examiner.examine(plain(tmp_path / name, start, repeated, MANY))
    assert found.first == code


@pytest.mark.parametrize("name", ["a.fastq", "a.fastq.gz", "a.sam", "a.bam", "a.cram", "a.vcf", "a.vcf.gz", "a.bcf"])
def test_nothing_and_zeros_are_refused_under_every_name(examiner: Examiner, tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"")
    assert examiner.examine(path).first == "empty_file"
    path.write_bytes(gzipped(b""))
    assert not examiner.examine(path).valid
    assert examiner.examine(plain(path, b"", b"\0", MIB)).first == "format_mismatch"


CONTENTS = {
    "a.fastq": fastq(9),
    "a.fastq.gz": gzipped(fastq(9)),
    "a.sam": SAM_HEADER + ALIGNED,
    "a.bam": bgzf(bam_header() + bam_record()),
    "a.vcf": META + COLUMNS,
    "a.vcf.gz": bgzf(META + COLUMNS),
    "a.bcf": bgzf(BCF + struct.pack("<I", len(TEXT)) + TEXT),
}
SISTERS = ({"a.sam", "a.sam.gz", "a.bam", "a.cram"}, {"a.vcf", "a.vcf.gz", "a.bcf"})


@pytest.mark.parametrize("content", CONTENTS)
def test_a_name_that_lies_is_refused(examiner: Examiner, tmp_path: Path, content: str) -> None:
    path = tmp_path / content
    path.write_bytes(CONTENTS[content])
    assert examiner.examine(path).valid
    for name in {*CONTENTS, "a.cram", "a.sam.gz"} - {content}:
        found = examiner.examine(path, filename=name)
        if not any({content, name} <= sisters for sisters in SISTERS):
            assert found.first in {"format_mismatch", "compression_mismatch"}


def test_what_is_no_file_is_not_read(examiner: Examiner, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.fastq")
    (tmp_path / "zero.fastq").symlink_to("/dev/zero")
    for name in ("pipe.fastq", "zero.fastq", "."):
        assert examiner.examine(tmp_path / name).first == "unreadable"
