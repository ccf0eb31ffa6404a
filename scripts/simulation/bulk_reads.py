"""Writes a large gzipped FASTQ file of Illumina-like reads in seconds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from simulation.bulk import Bytes, Source, chunks, digit_column, text_column, write_gzip
from simulation.genome import LETTERS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_LENGTH = 150
_NO_CALL_RATE = 0.0004
_READS_A_TILE = 10_000


def write_reads(path: Path, count: int, *, seed: int = 1) -> None:
    """Write `count` reads of 150 bases, nearly all of them distinct; the same arguments write the same bytes."""
    write_gzip(path, _pieces(count, seed))


def _pieces(count: int, seed: int) -> Iterator[bytes]:
    source = Source(seed, _LENGTH)
    rng = np.random.default_rng([seed, 2])
    for start, end in chunks(count):
        numbers = np.arange(start, end)
        size = end - start
        codes = source.codes(rng.integers(0, 1 << 40, size))
        qualities = source.qualities(rng, size)
        _leave_uncalled(rng, codes, qualities)
        columns = (
            text_column(b"@A00742:118:HSIMDSX7:2:", size),
            digit_column(1101 + numbers // _READS_A_TILE, 4),
            text_column(b":", size),
            digit_column(rng.integers(10_000, 32_000, size), 5),
            text_column(b":", size),
            digit_column(10_000 + numbers % _READS_A_TILE * 5, 5),
            text_column(b" 1:N:0:ACGTTGCA\n", size),
            LETTERS[codes],
            text_column(b"\n+\n", size),
            qualities + 33,
            text_column(b"\n", size),
        )
        yield np.hstack(columns).tobytes()


def _leave_uncalled(rng: np.random.Generator, codes: Bytes, qualities: Bytes) -> None:
    where = rng.integers(0, codes.size, int(codes.size * _NO_CALL_RATE))
    codes.reshape(-1)[where] = 4
    qualities.reshape(-1)[where] = 2
