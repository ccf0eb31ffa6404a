"""Takes the sequences out of a FASTA file, plain or compressed, with their MD5 (SAM specification, section 1.3.2)."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, NamedTuple

from isal import isal_zlib

from qc.errors import Unreadable
from qc.formats.base import shown
from qc.formats.gzipped import INFLATE_ERROR
from qc.opening import open_regular

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

PIECE = 1 << 20
MAX_TITLE = 1 << 16
NOT_PRINTABLE = bytes([*range(33), *range(127, 256)])
UPPER = bytes(range(256)).upper()
LETTERS = bytes([*range(ord("A"), ord("Z") + 1), *b"*-"])


class BadFasta(Exception):
    """A file is not FASTA or is damaged; the message is one sentence without its full stop."""


class Sequence(NamedTuple):
    """One sequence of a FASTA file: its name, how many bases it has, and their MD5."""

    name: str
    length: int
    md5: str


def read_fasta(
    path: Path, folder: Path, done: Callable[[Sequence, Path], None], progress: Callable[[int], None] | None = None
) -> int:
    """Writes each sequence into a file in `folder` and hands it to `done`, which may take the file; returns how many.

    Memory stays at a few MiB whatever the length of lines and sequences. `progress` gets the bytes read so far.
    Raises BadFasta, Unreadable.
    """
    file = folder / "incoming"
    count = 0
    try:
        for title, bases in _sequences(_unpacked(path, progress)):
            count += 1
            done(_written(title, bases, file), file)
    finally:
        file.unlink(missing_ok=True)
    if not count:
        raise BadFasta(f"{path.name} holds no sequence")
    return count


def _written(title: bytes, bases: Iterator[bytes], file: Path) -> Sequence:
    words = title.split(maxsplit=1)
    if not title[:1].strip() or not words:
        raise BadFasta("a sequence has no name")
    digest, length = hashlib.md5(usedforsecurity=False), 0
    with file.open("wb") as out:
        for piece in bases:
            clean = piece.translate(UPPER, NOT_PRINTABLE)
            if strange := clean.translate(None, LETTERS):
                raise BadFasta(f"the sequence '{shown(words[0])}' holds '{shown(strange[:1])}'")
            digest.update(clean)
            length += len(clean)
            out.write(clean)
    if not length:
        raise BadFasta(f"the sequence '{shown(words[0])}' has no bases")
    return Sequence(words[0].decode("latin-1"), length, digest.hexdigest())


def _unpacked(path: Path, progress: Callable[[int], None] | None) -> Iterator[bytes]:
    """The uncompressed pieces of the file, gzip and BGZF taken off. Raises BadFasta, Unreadable."""
    with open_regular(path) as file:
        packed = None
        done = 0
        while piece := _read(file.read, path):
            done += len(piece)
            if done == len(piece) and piece[:2] == b"\x1f\x8b":
                packed = isal_zlib.decompressobj(31)
            if progress:
                progress(done)
            if packed is None:
                yield piece
                continue
            while piece:
                packed = isal_zlib.decompressobj(31) if packed.eof else packed
                try:
                    yield packed.decompress(piece, PIECE)
                except INFLATE_ERROR as error:
                    raise BadFasta(f"{path.name} is damaged gzip data") from error
                piece = packed.unused_data if packed.eof else packed.unconsumed_tail
        if packed is not None and not packed.eof:
            raise BadFasta(f"{path.name} is gzip data that is cut short")


def _read(read: Callable[[int], bytes], path: Path) -> bytes:
    try:
        return read(PIECE)
    except OSError as error:
        raise Unreadable(f"{path} cannot be read: {error.strerror or error}.") from error


class _Lines:
    """Cuts pieces at titles; `rest` is what was read and not used."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self.rest = b""

    def more(self) -> bool:
        """Reads until something is there; False at the end."""
        while not self.rest:
            piece = next(self._pieces, None)
            if piece is None:
                return False
            self.rest = piece
        return True

    def line(self) -> bytes:
        """The next line, which is a title."""
        while (end := self.rest.find(b"\n")) < 0:
            piece = next(self._pieces, None)
            if piece is None:
                end = len(self.rest)
                break
            self.rest += piece
            if len(self.rest) > MAX_TITLE + 2 * PIECE:
                raise BadFasta("the name of a sequence does not end")
        line, self.rest = self.rest[:end], self.rest[end + 1 :]
        return line

    def bases(self) -> Iterator[bytes]:
        """The pieces up to the next line that begins with '>'."""
        begins = True
        while self.more():
            if begins and self.rest[:1] == b">":
                return
            at = self.rest.find(b"\n>")
            piece = self.rest if at < 0 else self.rest[: at + 1]
            begins = piece.endswith(b"\n")
            self.rest = self.rest[len(piece) :]
            yield piece


def _sequences(pieces: Iterator[bytes]) -> Iterator[tuple[bytes, Iterator[bytes]]]:
    lines = _Lines(pieces)
    while lines.more():
        if lines.rest[:1] != b">":
            raise BadFasta("the file does not begin with '>'")
        title = lines.line()[1:]
        yield title.rstrip(b"\r"), lines.bases()
