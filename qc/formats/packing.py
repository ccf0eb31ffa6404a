"""Takes the outer compression off a file, piece by piece in bounded memory, and logs every fault of the container."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qc.formats.bgzf import bgzf_pieces
from qc.formats.gzipped import gzip_pieces
from qc.results import Compression

if TYPE_CHECKING:
    from collections.abc import Iterator

    from qc.formats.base import FindingLog
    from qc.formats.rawbytes import RawBytes


class Unpacked:
    """The uncompressed pieces of a file, in order; after the last one `whole` says whether the container was sound."""

    def __init__(self, raw: RawBytes, compression: Compression, findings: FindingLog) -> None:
        self.whole = True
        self._raw = raw
        self._compression = compression
        self._findings = findings

    def __iter__(self) -> Iterator[bytes]:
        match self._compression:
            case Compression.NONE:
                yield from iter(self._raw.some, b"")
            case Compression.GZIP:
                self.whole = yield from gzip_pieces(self._raw, self._findings)
            case Compression.BGZF:
                self.whole = yield from bgzf_pieces(self._raw, self._findings)
