"""Takes the outer compression off a file, piece by piece in bounded memory, and logs every fault of the container."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qc.formats.ahead import ahead
from qc.formats.base import FindingLog
from qc.formats.bgzf import bgzf_pieces
from qc.formats.gzipped import gzip_pieces
from qc.results import Compression

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from qc.formats.rawbytes import RawBytes

BOMB_SIZE = 1 << 28
BOMB_RATIO = 800


class Unpacked:
    """The uncompressed pieces of a file, in order; after the last one `whole` says whether the container was sound.

    Unpacking runs ahead in a thread; what it finds is logged when the pieces before it have been taken.
    """

    def __init__(self, raw: RawBytes, compression: Compression, findings: FindingLog) -> None:
        self.whole = True
        self._raw = raw
        self._compression = compression
        self._findings = findings

    def __iter__(self) -> Iterator[bytes]:
        found = FindingLog()
        match self._compression:
            case Compression.NONE:
                yield from iter(self._raw.some, b"")
                return
            case Compression.GZIP:
                pieces = gzip_pieces(self._raw, found)
            case Compression.BGZF:
                pieces = bgzf_pieces(self._raw, found)
        self.whole = yield from ahead(self._bounded(pieces, found))
        self._findings.extend(found)

    def _bounded(self, pieces: Generator[bytes, None, bool], found: FindingLog) -> Generator[bytes, None, bool]:
        """Ends a gzip bomb: DEFLATE packs at most 1032 times, and no data that anybody measured comes near that."""
        size = 0
        while True:
            try:
                piece = next(pieces)
            except StopIteration as end:
                return bool(end.value)
            size += len(piece)
            if size > BOMB_SIZE and size > BOMB_RATIO * self._raw.offset:
                found.error(
                    "gzip_bomb",
                    f"The gzip data unpacks to more than {BOMB_RATIO} times its size: it holds the same over and over.",
                    offset=self._raw.offset,
                    found=f"{size} bytes of {self._raw.offset}",
                    expected=f"at most {BOMB_RATIO} times the size of the file",
                )
                return False
            yield piece
