"""What is promised about the digest of a FASTQ file's read names: mates have the same, others have not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from qc.formats import fastq_blocks, rawbytes, reads_plain
from qc.formats.read_names import NamesDigest
from qc.validate import check_mates
from tests.qc.builders import bgzf, gzipped, verdict_of

if TYPE_CHECKING:
    from pathlib import Path

MATES = [
    ("r7/1", "r7/2"),
    ("r7/1 some text", "r7/2 other text"),
    ("A:1:F:1:2:3:4 1:N:0:ACGT", "A:1:F:1:2:3:4 2:N:0:ACGT"),
    ("A:1:F:1:2:3:4\t1:N:0:ACGT", "A:1:F:1:2:3:4 2:N:0:ACGT"),
    ("SRR1.7.1 7 length=4", "SRR1.7.2 7 length=4"),
    ("frag_1", "frag_2"),
    ("frag_R1", "frag_R2"),
    ("frag.R1 x", "frag.R2 y"),
    ("V350012345L1C001R0010000001/1", "V350012345L1C001R0010000001/2"),
    ("8f3c2a1e-0000-4000-8000-1234567890ab runid=1", "8f3c2a1e-0000-4000-8000-1234567890ab runid=2"),
    ("plain", "plain"),
    ("mail@ box 1", "mail@ box 2"),
    (" late/1", " late/2"),
]
STRANGERS = [
    ("r7/1", "r8/2"),
    ("r7/1", "r7.2"),
    ("r7/1", "r7"),
    ("r7/", "r7/2"),
    ("r7/2", "r7/3"),
    ("x:1", "x:2"),
    ("xR1", "xR2"),
    ("x_R1", "x_2"),
    ("R1", "R2"),
    ("x1", "x2"),
    (" a", " b"),
    ("a\tb", "b\tb"),
]


def reads(names: list[str], bases: str = "ACGT") -> bytes:
    return "".join(f"@{name}\n{bases}\n+\nIIII\n" for name in names).encode()


def digest(folder: Path, data: bytes, name: str = "a.fastq") -> str | None:
    return verdict_of(folder, name, data).counts.get("names_digest")


@pytest.mark.parametrize(("one", "two"), [*MATES, *STRANGERS])
def test_two_files_have_the_same_digest_exactly_when_their_reads_are_mates(tmp_path: Path, one: str, two: str) -> None:
    (tmp_path / "1.fastq").write_bytes(reads(["first", one]))
    (tmp_path / "2.fastq").write_bytes(reads(["first", two], "TTTT"))
    found = [digest(tmp_path, (tmp_path / name).read_bytes(), name) for name in ("1.fastq", "2.fastq")]
    mates = not check_mates(tmp_path / "1.fastq", tmp_path / "2.fastq")
    assert mates == ((one, two) in MATES)
    assert None not in found
    assert (found[0] == found[1]) == mates


def test_the_order_and_the_number_of_reads_count(tmp_path: Path) -> None:
    files = [["a", "b"], ["b", "a"], ["a"], ["ab"], ["a", "b", "b"]]
    assert len({digest(tmp_path, reads(names)) for names in files}) == len(files)


def test_neither_packing_nor_line_ends_nor_bases_change_the_digest(tmp_path: Path) -> None:
    plain = reads([f"r{n}/1 x" for n in range(3000)])
    expected = digest(tmp_path, plain)
    assert expected is not None
    assert digest(tmp_path, gzipped(plain), "a.fastq.gz") == expected
    assert digest(tmp_path, bgzf(plain), "a.fastq.gz") == expected
    assert digest(tmp_path, plain.replace(b"\n", b"\r\n")) == expected
    assert digest(tmp_path, plain.replace(b"ACGT\n", b"TTTT\n")) == expected


@pytest.mark.parametrize("unusual", ["caf\u00e9 1", "tab\tbed", "usual/2"])
@pytest.mark.parametrize("size", [64, 1000, 1 << 22])
def test_the_borders_of_blocks_make_no_difference(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int, unusual: str
) -> None:
    names = [f"r{n}/2 2:N:0:A" if n % 3 else f"r{n}.2" for n in range(400)]
    names[200] = unusual
    whole = NamesDigest()
    whole.add([f"@{name}".encode() for name in names])
    monkeypatch.setattr(fastq_blocks, "FIRST_BLOCK", size)
    monkeypatch.setattr(fastq_blocks, "BLOCK_SIZE", size)
    monkeypatch.setattr(rawbytes, "PIECE", 999)
    monkeypatch.setattr(reads_plain, "WINDOW", 100)
    assert digest(tmp_path, reads(names)) == whole.hexdigest()


@pytest.mark.parametrize(
    "fault", [b"@x\nACGT\n+\n", b"x\nACGT\n+\nIIII\n", b"\n@x\nACGT\n+\nIIII\n", b"@x\nACGT\n+\nIII\n", b"@\nA\n+\nI\n"]
)
def test_a_file_with_a_fault_has_no_digest(tmp_path: Path, fault: bytes) -> None:
    assert digest(tmp_path, reads(["a"]) + fault) is None


def test_a_file_that_is_cut_short_has_no_digest(tmp_path: Path) -> None:
    assert digest(tmp_path, gzipped(reads(["a"] * 1000))[:-9], "a.fastq.gz") is None
