"""What is promised about the sequences that CRAM files are decoded with: where they are sought, and what must agree."""

from __future__ import annotations

import gzip
import hashlib
import os
import random
import re
from typing import TYPE_CHECKING

import pysam
import pytest

from qc.errors import Unreadable
from qc.formats.cram_header import sequence_key
from qc.formats.reference_fasta import PIECE, BadFasta, Sequence, read_fasta
from qc.formats.reference_store import ReferenceStore
from qc.validate import validate
from tests.qc.builders import bgzf, codes

if TYPE_CHECKING:
    from pathlib import Path

    from qc.results import Verdict

RANDOM = random.Random(11)
ONE, TWO = ("".join(RANDOM.choices("ACGT", k=2000)) for _ in range(2))


def fasta(path: Path, **sequences: str) -> Path:
    path.write_text("".join(f">{name}\n{bases}\n" for name, bases in sequences.items()))
    return path


def md5_of(bases: str) -> str:
    return hashlib.md5(bases.encode()).hexdigest()


def cram(folder: Path, *options: str, told: dict[str, str] | None = None) -> Path:
    """Reads on the sequences `one` and `two` as CRAM; `told` replaces what the header says under M5, "" removes it."""
    told = told or {}
    names = [{"SN": "one", "LN": 2000}, {"SN": "two", "LN": 2000}]
    header = pysam.AlignmentHeader.from_dict({"HD": {"VN": "1.6", "SO": "coordinate"}, "SQ": names})
    (folder / "writing").mkdir()
    source = fasta(folder / "writing" / "ref.fa", one=ONE, two=TWO)
    path = folder / "a.cram"
    formats = [b"version=2.1", *(option.encode() for option in options)]
    with pysam.AlignmentFile(
        str(path), "wc", header=header, reference_filename=str(source), format_options=formats
    ) as out:
        for number, bases in enumerate((ONE, TWO)):
            for at in range(0, 1900, 20):
                read = pysam.AlignedSegment(header)
                read.query_name, read.flag, read.mapping_quality = f"{number}.{at}", 0, 60
                read.reference_id, read.reference_start, read.cigarstring = number, at, "50M"
                read.query_sequence = bases[at : at + 50]
                read.query_qualities = pysam.qualitystring_to_array("I" * 50)
                out.write(read)
    data = path.read_bytes()
    for name, md5 in told.items():  # version 2.1 has no checksums that would tell
        own = f"\tM5:{md5_of({'one': ONE, 'two': TWO}[name])}".encode()
        assert own in data
        data = data.replace(own, f"\tM5:{md5}".encode() if md5 else b"\tm5:" + own[4:])
    path.write_bytes(data)
    for file in (folder / "writing").iterdir():
        file.unlink()
    return path


def checked(path: Path, store: Path | None = None, reference: Path | None = None) -> Verdict:
    return validate(path, references=store, reference=reference)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "references"


@pytest.mark.parametrize("options", [(), ("multi_seq_per_slice=1",)])
def test_sequences_of_several_files_are_found_by_their_md5(
    tmp_path: Path, store: Path, options: tuple[str, ...]
) -> None:
    path = cram(tmp_path, *options)
    assert codes(checked(path, store)) == ["reference_missing"]
    ReferenceStore(store).add(fasta(tmp_path / "a.fa", chr1=ONE.lower()))
    missing = checked(path, store)
    assert codes(missing) == ["reference_missing"]
    assert "'two'" in missing.findings[0].message
    ReferenceStore(store).add(fasta(tmp_path / "b.fa", chr2=TWO))
    assert checked(path, store).findings == []


def test_a_given_file_and_the_folder_complete_each_other(tmp_path: Path, store: Path) -> None:
    path = cram(tmp_path)
    ReferenceStore(store).add(fasta(tmp_path / "a.fa", one=ONE))
    assert checked(path, store, fasta(tmp_path / "b.fa", two=TWO)).findings == []


def test_without_an_md5_name_and_length_decide(tmp_path: Path, store: Path) -> None:
    path = cram(tmp_path, told={"one": "", "two": ""})
    ReferenceStore(store).add(fasta(tmp_path / "a.fa", one=ONE, second=TWO, two=TWO[:-1]))
    assert codes(checked(path, store)) == ["reference_missing"]
    ReferenceStore(store).add(fasta(tmp_path / "b.fa", two=TWO))
    assert checked(path, store).findings == []


def test_of_several_sequences_of_one_name_the_slices_choose(tmp_path: Path, store: Path) -> None:
    path = cram(tmp_path, told={"one": "", "two": ""})
    ReferenceStore(store).add(fasta(tmp_path / "a.fa", one=ONE[::-1], two=TWO))
    assert codes(checked(path, store)) == ["reference_mismatch"]
    ReferenceStore(store).add(fasta(tmp_path / "b.fa", one=ONE))
    assert checked(path, store).findings == []


def test_an_md5_of_another_sequence_is_told_where_the_slices_prove_the_bases(tmp_path: Path, store: Path) -> None:
    path = cram(tmp_path, told={"one": "0" * 32})
    reference = fasta(tmp_path / "r.fa", one=ONE, two=TWO)
    verdict = checked(path, None, reference)
    assert verdict.valid
    assert codes(verdict) == ["reference_m5"]
    assert codes(checked(path, None, fasta(tmp_path / "s.fa", one=ONE[::-1], two=TWO))) == ["reference_mismatch"]


def test_nothing_proves_the_bases_of_slices_of_several_references(tmp_path: Path) -> None:
    path = cram(tmp_path, "multi_seq_per_slice=1", told={"one": "0" * 32})
    reference = fasta(tmp_path / "r.fa", one=ONE, two=TWO)
    assert codes(checked(path, None, reference)) == ["reference_mismatch"]


def test_the_place_of_a_slice_is_told_with_what_its_bases_should_be(tmp_path: Path) -> None:
    path = cram(tmp_path, told={"one": "", "two": ""})
    other = TWO[:100] + ("A" if TWO[100] != "A" else "C") + TWO[101:]
    verdict = checked(path, None, fasta(tmp_path / "r.fa", one=ONE, two=other))
    finding = verdict.findings[0]
    assert (finding.code, finding.offset is not None) == ("reference_mismatch", True)
    assert "'two'" in finding.message
    assert finding.expected == f"MD5 {md5_of(TWO[:1930])} of a slice"


def test_the_environment_of_htslib_is_not_used(tmp_path: Path, store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = cram(tmp_path)
    ReferenceStore(store).add(fasta(tmp_path / "a.fa", one=ONE, two=TWO))
    monkeypatch.setenv("REF_PATH", f"{store}/%2s/%2s/%s")
    monkeypatch.setenv("REF_CACHE", f"{store}/%2s/%2s/%s")
    assert codes(checked(path)) == ["reference_missing"]


def test_htslib_itself_looks_nowhere_else(tmp_path: Path, store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = cram(tmp_path, "multi_seq_per_slice=1")
    ReferenceStore(store).add(fasta(tmp_path / "a.fa", one=ONE))
    (tmp_path / sequence_key(1)).write_text(TWO)
    monkeypatch.setenv("REF_PATH", f"{tmp_path}/%s")
    assert codes(checked(path, store)) == ["reference_missing"]


def sequences(path: Path, folder: Path) -> dict[str, str]:
    """The sequences of a FASTA file by name, as they are written."""
    found: dict[str, str] = {}

    def keep(sequence: Sequence, file: Path) -> None:
        found[sequence.name] = file.read_text()
        assert sequence[1:] == (len(found[sequence.name]), md5_of(found[sequence.name]))

    assert read_fasta(path, folder, keep) == len(found)
    assert not list(folder.glob("incoming*"))
    return found


def packings(data: bytes) -> list[bytes]:
    half = len(data) // 2
    return [data, gzip.compress(data), gzip.compress(data[:half]) + gzip.compress(data[half:]), bgzf(data)]


@pytest.mark.parametrize("number", range(4))
def test_fasta_of_every_packing_is_read(tmp_path: Path, number: int) -> None:
    long = "acgtN" * (PIECE // 4)
    text = f">one first\r\nACGT\r\nAC\r\n\r\n>two\n{long}\n{long}\n>three\nRYKM*-\n>four\nA"
    path = tmp_path / "a.fa"
    path.write_bytes(packings(text.encode())[number])
    expected = {"one": "ACGTAC", "two": (long * 2).upper(), "three": "RYKM*-", "four": "A"}
    assert sequences(path, tmp_path) == expected


@pytest.mark.parametrize("shift", range(-3, 4))
def test_a_title_is_seen_wherever_a_piece_ends(tmp_path: Path, shift: int) -> None:
    path = tmp_path / "a.fa"
    path.write_text(">one\n" + "A" * (PIECE - 5 + shift) + "\n>two\nCC\n")
    assert {name: len(bases) for name, bases in sequences(path, tmp_path).items()} == {
        "one": PIECE - 5 + shift,
        "two": 2,
    }


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "holds no sequence"),
        (b"ACGT\n", "does not begin with '>'"),
        (b">\nACGT\n", "no name"),
        (b"> x\nACGT\n", "no name"),
        (b">x\n>y\nA\n", "'x' has no bases"),
        (b">x\nACG7\n", "holds '7'"),
        (b">" + b"x" * (4 * PIECE), "does not end"),
        (gzip.compress(b">x\nACGT\n", mtime=0)[:-10], "cut short"),
        (b"\x1f\x8b\x08" + bytes(40), "gzip"),
    ],
)
def test_what_is_no_fasta_is_refused(tmp_path: Path, data: bytes, said: str) -> None:
    path = tmp_path / "a.fa"
    path.write_bytes(data)
    with pytest.raises(BadFasta, match=re.escape(said)):
        sequences(path, tmp_path)


def test_a_fifo_or_a_folder_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    for path in (tmp_path / "fifo", tmp_path, tmp_path / "absent"):
        with pytest.raises(Unreadable):
            sequences(path, tmp_path)


def test_the_store_tells_bytes_read_and_keeps_what_was_whole_when_a_file_is_broken(tmp_path: Path, store: Path) -> None:
    told: list[int] = []
    good = fasta(tmp_path / "a.fa", one=ONE, two=TWO)
    assert ReferenceStore(store).add(good, told.append) == (2, 2)
    assert told[-1] == good.stat().st_size
    broken = tmp_path / "b.fa"
    broken.write_text(">three\nACGT\n>four\n7\n")
    with pytest.raises(BadFasta):
        ReferenceStore(store).add(broken)
    assert [kept.name for kept in ReferenceStore(store).kept()] == ["one", "two"]
    assert not list(store.glob("incoming*"))


def test_a_cache_of_htslib_serves_as_the_folder(tmp_path: Path, store: Path) -> None:
    path = cram(tmp_path)
    for bases in (ONE, TWO):
        digest = md5_of(bases)
        place = store / digest[:2] / digest[2:4]
        place.mkdir(parents=True)
        (place / digest[4:]).write_text(bases)
    assert checked(path, store).findings == []
