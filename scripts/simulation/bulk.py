"""What the makers of large files share: columns of text as matrices, a genome to read from, BGZF and gzip output."""

from __future__ import annotations

import struct
import zlib
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from simulation.reads import draw_qualities

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

Bytes = npt.NDArray[np.uint8]
Ints = npt.NDArray[np.int64]
CHUNK = 50_000  # records that are made at a time
CONTIGS = (("chr20", 64_444_167), ("chr21", 46_709_983), ("chr22", 50_818_468))
_LEVEL = 6  # of gzip, its default and that of most instruments' software
_GENOME = 8_000_000
_QUALITY_ROWS = 20_000  # far more than a deflate window holds, so that no row is found again in one


class Source:
    """Bases and qualities to draw reads from; the contigs repeat one random genome end to end."""

    def __init__(self, seed: int, length: int) -> None:
        rng = np.random.default_rng([seed, 1])
        self.length = length
        self._genome = rng.integers(0, 4, _GENOME + length, dtype=np.uint8)
        self._genome[_GENOME:] = self._genome[:length]
        self._qualities = draw_qualities(rng, _QUALITY_ROWS, length, mate=1)

    def codes(self, positions: Ints) -> Bytes:
        """The base codes (0 to 3) of a read from each position, one row each."""
        return self._genome[(positions % _GENOME)[:, None] + np.arange(self.length)]

    def qualities(self, rng: np.random.Generator, count: int) -> Bytes:
        """Phred scores of `count` reads, one row each."""
        return self._qualities[rng.integers(0, _QUALITY_ROWS, count)]


def chunks(total: int) -> Iterator[tuple[int, int]]:
    """Ranges of at most `CHUNK` records that cover `total`."""
    for start in range(0, total, CHUNK):
        yield start, min(start + CHUNK, total)


def text_column(text: bytes, count: int) -> Bytes:
    """The same text in every row."""
    return np.broadcast_to(np.frombuffer(text, np.uint8), (count, len(text)))


def digit_column(values: Ints, width: int) -> Bytes:
    """Numbers as decimal digits with leading zeros, one row each."""
    powers = 10 ** np.arange(width - 1, -1, -1)
    return (values[:, None] // powers % 10 + ord("0")).astype(np.uint8)


def write_gzip(path: Path, pieces: Iterable[bytes]) -> None:
    """Write one gzip member, its pieces packed in parallel and joined by sync flushes, as pigz does."""

    def packed(piece: bytes) -> bytes:
        packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, -15)
        return packer.compress(piece) + packer.flush(zlib.Z_SYNC_FLUSH)

    crc, size = 0, 0
    with path.open("wb") as target, ThreadPoolExecutor(2) as threads:
        target.write(b"\x1f\x8b\x08\0\0\0\0\0\0\xff")
        waiting = []
        for piece in pieces:
            crc, size = zlib.crc32(piece, crc), size + len(piece)
            waiting.append(threads.submit(packed, piece))
            if len(waiting) > 2:
                target.write(waiting.pop(0).result())
        for future in waiting:
            target.write(future.result())
        target.write(b"\x03\0" + struct.pack("<II", crc, size & 0xFFFFFFFF))
