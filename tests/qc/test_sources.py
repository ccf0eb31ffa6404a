"""A verdict is the same from a path, from a stream however it comes, and never waits for what is no file."""

from __future__ import annotations

import gzip
import os
import random
import socket
import threading
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest

from qc.errors import Unreadable
from qc.opening import open_regular
from qc.validate import validate
from tests.qc.builders import VCF_RECORD, bam_header, bgzf, fastq, gzipped, sam, vcf

if TYPE_CHECKING:
    from qc.results import Verdict

LINE = b"r1\t0\tchr1\t10\t60\t4M\t*\t0\t0\tACGT\tIIII\n"
FILES = {
    "good.fastq": fastq(100_000),
    "good.fastq.gz": gzipped(fastq(50_000)) + gzipped(fastq(10)),
    "late.fastq": fastq(90_000) + b"@r\nACGT\n+\nIII\n" + fastq(3),
    "cut.fastq.gz": gzip.compress(random.Random(1).randbytes(2_000_000))[:-9],
    "good.sam": sam(LINE * 3),
    "late.sam": sam(LINE * 40_000 + b"r2\tx\n" + LINE),
    "good.bam": bgzf(bam_header()),
    "cut.bam": bgzf(bam_header())[:-28],
    "good.vcf.gz": bgzf(vcf(VCF_RECORD * 9)),
    "late.vcf": vcf(VCF_RECORD * 20_000 + b"1\t-1\n"),
    "empty.vcf": b"",
    "notes.txt": bytes(3_000_000),
}


class Trickle:
    """A stream that cannot seek and gives a few bytes at a time, never the same number twice."""

    def __init__(self, data: bytes, most: int) -> None:
        self._source = BytesIO(data)
        self._sizes = random.Random(most)
        self._most = most

    def read(self, size: int, /) -> bytes:
        return self._source.read(min(size, self._sizes.randint(1, self._most)))


def told(verdict: Verdict) -> Verdict:
    """A verdict without the time that it took."""
    return msgspec.structs.replace(verdict, seconds=0)


@pytest.mark.parametrize("name", FILES)
def test_a_stream_gets_the_verdict_of_the_path_whatever_the_sizes_of_its_pieces(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(FILES[name])
    expected = told(validate(path))
    for most in (1000, 70_000, 3 << 20):
        assert told(validate(Trickle(FILES[name], most), filename=name)) == expected


@pytest.mark.parametrize("name", ["late.fastq", "good.vcf.gz"])
def test_a_pipe_gets_the_verdict_of_the_path(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(FILES[name])
    reading, writing = os.pipe()

    def feed() -> None:
        with os.fdopen(writing, "wb") as pipe:
            pipe.write(FILES[name])

    feeding = threading.Thread(target=feed)
    feeding.start()
    with os.fdopen(reading, "rb", buffering=0) as stream:
        verdict = validate(stream, filename=name)
    feeding.join()
    assert told(verdict) == told(validate(path))


@pytest.mark.parametrize("reads", [20_000, 19_999])
def test_a_stream_is_compared_with_its_mate_as_a_path_is(tmp_path: Path, reads: int) -> None:
    forward, mate = tmp_path / "a_R1.fastq", tmp_path / "a_R2.fastq"
    forward.write_bytes(fastq(20_000))
    mate.write_bytes(fastq(reads).replace(b"ACGTN", b"CCGTN"))
    expected = validate(forward, mate=mate)
    assert expected.valid is (reads == 20_000)
    assert told(validate(Trickle(forward.read_bytes(), 9000), filename=forward.name, mate=mate)) == told(expected)


def test_a_mate_that_cannot_be_read_is_an_error_whatever_the_first_file_is(tmp_path: Path) -> None:
    for first in (fastq(3), fastq(3)[:-4]):
        with pytest.raises(Unreadable):
            validate(BytesIO(first), filename="a.fastq", mate=tmp_path / "absent.fastq")


def test_a_stream_without_a_name_is_told_by_its_content() -> None:
    verdict = validate(BytesIO(gzipped(fastq(2))))
    assert (verdict.valid, verdict.format, verdict.counts["records"]) == (True, "FASTQ", 2)


def test_the_total_of_a_stream_is_not_known() -> None:
    told_of: list[tuple[int, int | None]] = []
    data = fastq(200_000)
    validate(BytesIO(data), filename="a.fastq", progress=lambda done, total: told_of.append((done, total)))
    assert told_of[-1] == (len(data), None)


def test_a_stream_that_fails_is_unreadable_and_gets_no_verdict() -> None:
    class Failing:
        def __init__(self, answer: bytes | None) -> None:
            self.answers = [fastq(10), answer]

        def read(self, size: int, /) -> bytes | None:
            assert size
            if self.answers:
                return self.answers.pop(0)
            raise OSError(5, "Input/output error")

    with pytest.raises(Unreadable, match="Input/output error"):
        validate(Failing(fastq(1)), filename="a.fastq")
    with pytest.raises(Unreadable, match="no bytes now"):
        validate(Failing(None), filename="a.fastq")


def test_a_stream_is_not_asked_again_after_its_end() -> None:
    class Once(BytesIO):
        ends = 0

        def read(self, size: int | None = -1, /) -> bytes:
            piece = super().read(size)
            self.ends += not piece
            return piece

    stream = Once(fastq(5))
    assert validate(stream, filename="a.fastq").valid
    assert stream.ends == 1


def test_symbolic_links_to_files_are_followed(tmp_path: Path) -> None:
    (tmp_path / "a.fastq").write_bytes(fastq(2))
    link = tmp_path / "link.fastq"
    link.symlink_to("a.fastq")
    assert validate(link).counts["records"] == 2
    link.unlink()
    link.symlink_to("link.fastq")
    with pytest.raises(Unreadable, match="symbolic links"):
        validate(link)


def test_what_is_no_regular_file_is_named_for_what_it_is_and_never_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo(tmp_path / "pipe.fastq")
    (tmp_path / "link.fastq").symlink_to("pipe.fastq")
    with socket.socket(socket.AF_UNIX) as listening:
        monkeypatch.chdir(tmp_path)  # the address of a socket is short
        listening.bind("socket.fastq")
        kinds = {
            "pipe.fastq": "a named pipe",
            "link.fastq": "a named pipe",
            "socket.fastq": "a socket",
            ".": "a folder",
        }
        for name, kind in kinds.items():
            with pytest.raises(Unreadable, match=f"is {kind}, not a file"):
                validate(tmp_path / name)
    for device in ("/dev/zero", "/dev/null"):
        with pytest.raises(Unreadable, match="is a device"):
            validate(Path(device))
    for absent in ("absent.bam", "a\0b.fastq"):
        with pytest.raises(Unreadable, match="cannot be read"):
            validate(tmp_path / absent)


def test_what_takes_the_place_of_a_file_before_it_is_opened_is_refused_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.fastq"
    os.mkfifo(path)
    regular = Path(__file__).stat()
    monkeypatch.setattr(type(path), "stat", lambda _: regular)
    with pytest.raises(Unreadable, match="named pipe"):
        open_regular(path)
