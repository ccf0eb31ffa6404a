"""What our validation says of one file, in few words that cross a pipe; run in a child."""

from __future__ import annotations

import io
from random import Random
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from qc.validate import validate

if TYPE_CHECKING:
    from pathlib import Path

    from qc.results import Verdict


class Opinion(NamedTuple):
    """The verdict in short; `steady` says that the same bytes as a stream in odd pieces got the same verdict."""

    valid: bool
    md5: str
    sha256: str
    error: str
    steady: bool


class OddStream(io.RawIOBase):
    """Bytes that come in pieces of changing, mostly small size."""

    def __init__(self, data: bytes) -> None:
        self._left = memoryview(data)
        self._rng = Random(len(data))

    def read(self, size: int = -1) -> bytes:
        count = min(self._rng.choice((1, 7, 100, 4096)), size)
        piece, self._left = bytes(self._left[:count]), self._left[count:]
        return piece


def examined(path: Path, reference: Path | None, *, streamed: bool) -> Opinion:
    """Validates the file, and where asked the same bytes as a stream."""
    verdict = validate(path, reference=reference)
    error = verdict.first_error
    steady = True
    if streamed:
        stream = OddStream(path.read_bytes())
        steady = _lasting(verdict) == _lasting(validate(stream, filename=path.name, reference=reference))
    return Opinion(verdict.valid, verdict.md5, verdict.sha256, "" if error is None else error.message, steady)


def _lasting(verdict: Verdict) -> Verdict:
    return msgspec.structs.replace(verdict, seconds=0)
