"""Tells what a file is from its first bytes, and what its name promises."""

from __future__ import annotations

from isal import isal_zlib

from qc.formats import FORMATS
from qc.formats.bgzf import is_bgzf
from qc.formats.gzipped import GZIP_MAGIC, INFLATE_ERROR, member_header_size
from qc.results import Compression, Format

HEAD_SIZE = 1 << 16
GZIP_SUFFIXES = (".gz", ".bgz")


def sniff(head: bytes) -> tuple[Format, Compression]:
    """Format and outer compression of a file that begins with `head`; 64 KiB or the whole file are enough.

    Looks at content only, unpacking at most 64 KiB; Format.UNKNOWN when nothing matches.
    """
    content = unpacked_head(head)
    compression = Compression.NONE
    if head.startswith(GZIP_MAGIC):
        compression = Compression.BGZF if is_bgzf(head) else Compression.GZIP
    for known in FORMATS:
        if content and known.matches(content):
            return known.format, compression
    return Format.UNKNOWN, compression


def unpacked_head(head: bytes) -> bytes:
    """The first uncompressed bytes (at most 64 KiB) of a file that begins with `head`; empty when there are none."""
    content, left = b"", head
    while len(content) < HEAD_SIZE and left.startswith(GZIP_MAGIC):
        size = member_header_size(left)
        if size is None:
            break
        inflater = isal_zlib.decompressobj(-15)
        try:
            content += inflater.decompress(left[size:], HEAD_SIZE - len(content))
        except INFLATE_ERROR:
            break
        left = inflater.unused_data[8:] if inflater.eof else b""
    return content if head.startswith(GZIP_MAGIC) else head[:HEAD_SIZE]


def format_promised_by(filename: str) -> Format | None:
    """The format that a name promises by its ending, whatever the case; None when it promises none that is known."""
    stem = _unzipped(filename)
    return next((known.format for known in FORMATS if stem.endswith(known.extensions)), None)


def compression_promised_by(filename: str) -> Compression | None:
    """The compression that a name promises: GZIP (BGZF is one) by .gz, else that of its format; None if neither."""
    name = filename.lower()
    if name.endswith(GZIP_SUFFIXES):
        return Compression.GZIP
    return next((known.packing for known in FORMATS if name.endswith(known.extensions)), None)


def _unzipped(filename: str) -> str:
    name = filename.lower()
    for suffix in GZIP_SUFFIXES:
        name = name.removesuffix(suffix)
    return name
