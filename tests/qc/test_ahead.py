"""What is promised about unpacking in a thread: nothing is seen of it, and it ends with whoever takes the pieces."""

from __future__ import annotations

import hashlib
import threading
from typing import TYPE_CHECKING

import pytest

from qc.errors import Unreadable
from qc.formats import ahead
from qc.validate import validate
from tests.qc.builders import bam_header, bam_record, bgzf, codes, fastq, gzipped, verdict_of

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ahead, "DIRECT", 0)
    monkeypatch.setattr(ahead, "GATHERED", 100)


def counted(last: int, *, error: Exception | None = None) -> Generator[bytes, None, str]:
    for number in range(last):
        yield b"%d " % number
    if error:
        raise error
    return "all"


def unpacking() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "unpack"]


def test_the_pieces_their_order_and_the_result_are_those_of_the_source() -> None:
    got: list[bytes] = []

    def take() -> Generator[bytes, None, None]:
        result = yield from ahead.ahead(counted(5000))
        got.append(result.encode())

    text = b"".join(take())
    assert text == b"".join(counted(5000))
    assert got == [b"all"]
    assert unpacking() == []


def test_an_error_comes_after_what_was_before_it() -> None:
    got: list[bytes] = []
    with pytest.raises(Unreadable, match="gone"):
        got.extend(ahead.ahead(counted(5000, error=Unreadable("gone"))))
    assert b"".join(got) == b"".join(counted(5000))
    assert unpacking() == []


@pytest.mark.parametrize("taken", [1, 10, 50])
def test_the_thread_ends_when_nobody_takes_any_more(taken: int) -> None:
    source = counted(10**9)
    pieces = ahead.ahead(source)
    for _ in range(taken):
        next(pieces)
    pieces.close()
    assert unpacking() == []
    assert next(source, None) is None


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.fastq.gz", gzipped(b"@a\nA\n" + fastq(50_000))),
        ("a.fastq.gz", gzipped(b"@a\nAC\n+\nI\n" * 20_000)),
        ("a.bam", bgzf(bam_header() + b"\xff\xff\xff\xff" + bam_record() * 5000)),
        ("a.vcf.gz", bgzf(b"##fileformat=VCFv4.2\n#CHROM\n" + b"x\n" * 100_000)),
        ("a.sam.gz", bgzf(b"@HD\tVN:1.6\n" + b"x\n" * 100_000)),
    ],
)
def test_a_check_that_gives_up_leaves_no_thread_and_the_digests_of_the_whole_file(
    tmp_path: Path, name: str, data: bytes
) -> None:
    verdict = verdict_of(tmp_path, name, data)
    assert unpacking() == []
    assert not verdict.valid
    assert (verdict.size, verdict.md5) == (len(data), hashlib.md5(data, usedforsecurity=False).hexdigest())


@pytest.mark.parametrize("cut", [40, 60, 500])
@pytest.mark.parametrize("pack", [gzipped, bgzf])
def test_faults_of_the_container_come_behind_those_of_the_reads_before_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pack: type[bytes], cut: int
) -> None:
    data = pack(fastq(100) + b"@x\nAC\n+\nI\n" + fastq(3000))[:-cut]
    found = verdict_of(tmp_path, "a.fastq.gz", data)
    monkeypatch.setattr(ahead, "DIRECT", 1 << 30)
    assert found.findings == validate(tmp_path / "a.fastq.gz").findings
    assert codes(found)[0] == "length_mismatch"
    assert len(codes(found)) == 2
