"""Decoders that are not ours: what they read from a file to its end, or that they refuse it; run in a child."""

from __future__ import annotations

import gzip
import hashlib
import re
import zlib
from typing import TYPE_CHECKING

import pysam

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

REFUSALS = (OSError, ValueError, EOFError, zlib.error, UnicodeDecodeError, NotImplementedError)
BASES = re.compile(rb"[A-Za-z*.-]*")
EMPTY_LINES = re.compile(rb"\n[ \t\r\n]*\n\Z")
SCORES = re.compile(rb"[!-~]*")


def decoded(path: Path, reference: Path | None) -> str | None:
    """A digest of all that the file says, whatever its packing; None when it cannot be read to its end."""
    pysam.set_verbosity(0)
    digest = hashlib.md5()
    try:
        for piece in _pieces(path, reference):
            digest.update(piece)
    except REFUSALS:
        return None
    return digest.hexdigest()


def _pieces(path: Path, reference: Path | None) -> Iterator[bytes]:
    if path.name.endswith((".sam", ".bam", ".cram")):
        return _alignments(path, reference)
    if path.name.endswith((".vcf", ".vcf.gz", ".bcf")):
        return _variants(path)
    return _reads(path)


def _alignments(path: Path, reference: Path | None) -> Iterator[bytes]:
    name = None if reference is None else str(reference)
    with pysam.AlignmentFile(str(path), check_sq=False, reference_filename=name) as records:
        yield str(records.header).encode()
        for record in records.fetch(until_eof=True):
            yield record.to_string().encode() + b"\n"


def _variants(path: Path) -> Iterator[bytes]:
    path = _readable(path)
    with pysam.VariantFile(str(path)) as records:
        version = records.header.version
        yield _encoded(records.header, version)
        for record in records:
            yield _encoded(record, version)


def _readable(path: Path) -> Path:
    """The file itself, or what htslib can read of it: it takes neither plain gzip nor empty lines at the end."""
    if path.name.endswith(".bcf"):
        return path
    data = path.read_bytes()
    packed = data.startswith(b"\x1f\x8b")
    plain_gzip = packed and not (data[3] & 4 and data[12:16] == b"BC\2\0")
    text = gzip.decompress(data) if packed else data
    ended = EMPTY_LINES.sub(b"\n", text)
    if ended == text and not plain_gzip:
        return path
    copy = path.with_suffix(".text.vcf")
    copy.write_bytes(ended)
    return copy


def _encoded(said: pysam.VariantHeader | pysam.VariantRecord, version: str) -> bytes:
    """What pysam reads as text; an encoding other than UTF-8 is a fault since VCF 4.3, section 1."""
    try:
        return str(said).encode()
    except UnicodeDecodeError:
        if version >= "VCFv4.3":
            raise
        return b"text that is not UTF-8"


def _reads(path: Path) -> Iterator[bytes]:
    """FASTQ of four lines a record (Cock et al. 2010), strictly; line ends and empty lines at the end may differ."""
    data = path.read_bytes()
    text = gzip.decompress(data) if path.name.endswith(".gz") else data
    lines = text.rstrip(b"\r\n").split(b"\n")
    if len(lines) % 4:
        raise ValueError("a record is not whole")
    for at in range(0, len(lines), 4):
        name, bases, plus, scores = (line.removesuffix(b"\r") for line in lines[at : at + 4])
        titles = (b"", name[1:].rstrip(), *name[1:].split()[:1])  # ENA takes the name without its comment
        if name[:1] != b"@" or plus[:1] != b"+" or plus[1:].rstrip() not in titles or len(bases) != len(scores):
            raise ValueError("a record is not FASTQ")
        if not BASES.fullmatch(bases) or not SCORES.fullmatch(scores):
            raise ValueError("a character is not one of FASTQ")
        yield b"\n".join((name, bases, scores, b""))
