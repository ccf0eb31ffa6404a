"""Cuts a file into parts that an S3 store takes, and digests the file and each part in one reading."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from seqark_client.errors import FileChanged

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MIB = 1 << 20
MIN_PART = 8 * MIB  # S3 takes no part below 5 MiB but the last
MAX_PARTS = 10_000  # of S3
CHUNK = MIB // 2


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a file; `number` counts from 1."""

    number: int
    offset: int
    size: int


@dataclass(frozen=True, slots=True)
class Digests:
    """A file's md5 in hex, and each part's md5 in base64 as `Content-MD5` wants it."""

    md5: str
    of_parts: tuple[str, ...]


def part_size_of(file_size: int, *, minimum: int = MIN_PART, most: int = MAX_PARTS) -> int:
    """Give the part size in bytes: `minimum`, or as many whole MiB more as keep the parts to `most`."""
    needed = -(-file_size // most)
    return minimum if needed <= minimum else -(-needed // MIB) * MIB


def parts_of(file_size: int, part_size: int) -> tuple[Part, ...]:
    """Cut a size into parts; an empty file is one empty part."""
    starts = range(0, max(file_size, 1), part_size)
    return tuple(Part(number, start, min(part_size, file_size - start)) for number, start in enumerate(starts, start=1))


def digest(path: Path, parts: tuple[Part, ...]) -> Digests:
    """Read the file once, in order, holding one chunk.

    Raises:
        FileChanged: it ends before its parts do.
    """
    whole = hashlib.md5(usedforsecurity=False)
    of_parts = []
    for part in parts:
        piece = hashlib.md5(usedforsecurity=False)
        for chunk in chunks_of(path, part):
            whole.update(chunk)
            piece.update(chunk)
        of_parts.append(base64.b64encode(piece.digest()).decode("ascii"))
    return Digests(whole.hexdigest(), tuple(of_parts))


def chunks_of(path: Path, part: Part) -> Iterator[bytes]:
    """Read one part in chunks.

    Raises:
        FileChanged: the file ends before the part does.
    """
    with path.open("rb") as stream:
        stream.seek(part.offset)
        left = part.size
        while left:
            chunk = stream.read(min(CHUNK, left))
            if not chunk:
                raise FileChanged(f"{path.name} became shorter while it was read")
            left -= len(chunk)
            yield chunk
