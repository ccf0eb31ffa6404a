"""Finds the sequences that a CRAM file was made with, by MD5 or else by name and length (CRAM 3.1, section 11)."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, NamedTuple

from qc.errors import Unreadable
from qc.formats.base import shown
from qc.formats.reference_fasta import BadFasta, Sequence, read_fasta
from qc.formats.reference_store import ReferenceStore

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from qc.formats.sam_header import SamHeader

PIECE = 1 << 20
UNTOLD = bytes(16)


class NotAtHand(Exception):
    """A sequence cannot be had; the arguments are those of a finding."""

    def __init__(self, code: str, message: str, found: str | None, expected: str) -> None:
        super().__init__(message)
        self.code = code
        self.place = {"found": found, "expected": expected}


class Region(NamedTuple):
    """A part of a sequence, 1-based, and the MD5 of its bases; 16 NUL bytes where that is not told."""

    start: int
    span: int
    md5: bytes

    def fits(self, sequence: Path) -> bool:
        """Whether the bases in the file of a sequence have this MD5; what lies past its end does not count."""
        if self.start < 1 or self.md5 == UNTOLD:
            return True
        digest = hashlib.md5(usedforsecurity=False)
        left = self.span
        with sequence.open("rb") as bases:
            bases.seek(self.start - 1)
            while left > 0 and (piece := bases.read(min(left, PIECE))):
                digest.update(piece)
                left -= len(piece)
        return digest.digest() == self.md5


class Found(NamedTuple):
    """The file of a sequence, and whether it has the MD5 that the header gives (true where it gives none)."""

    path: Path
    as_told: bool


class References:
    """The sequences of one header, looked up when they are first needed: in a given FASTA file, then in a folder."""

    def __init__(self, header: SamHeader, fasta: Path | None, store: Path | None, folder: Path) -> None:
        self._wanted = [(name.decode("latin-1"), length) for name, length in header.references.items()]
        self._md5s = {name.decode("latin-1"): md5.decode("latin-1") for name, md5 in header.md5s.items()}
        self._fasta = fasta
        self._store = ReferenceStore(store) if store else None
        self._folder = folder
        self._given: dict[str, Sequence] | None = None
        self._found: dict[int, Found] = {}

    def find(self, index: int, region: Region) -> Found:
        """The sequence with this index, in which `region` lies. Raises NotAtHand.

        It has the MD5 that the header gives. Where it has not, or none is given, name and length must agree; then
        the bases of a region whose MD5 is told decide, since writers are known to copy M5 from another sequence.
        """
        if index not in self._found:
            self._found[index] = self._look_up(index, region)
        return self._found[index]

    def name(self, index: int) -> str:
        """The name of the sequence with this index, short and printable."""
        return shown(self._wanted[index][0])

    def __len__(self) -> int:
        return len(self._wanted)

    def _look_up(self, index: int, region: Region) -> Found:
        name, length = self._wanted[index]
        md5 = self._md5s.get(name)
        if md5 and (path := self._with_md5(md5)):
            return Found(path, as_told=True)
        named = list(self._named(name, length))
        proven = [path for path in named if region.md5 != UNTOLD and region.fits(path)]
        if proven:
            return Found(proven[0], as_told=md5 is None)
        if named and md5 is None:
            return Found(named[0], as_told=True)
        raise self._not_at_hand(index)

    def _with_md5(self, md5: str) -> Path | None:
        self._read_given()
        given = self._folder / md5
        if given.is_file():
            return given
        return self._store.with_md5(md5) if self._store else None

    def _named(self, name: str, length: int) -> Iterator[Path]:
        given = self._read_given().get(name)
        if given and given.length == length:
            yield self._folder / given.md5
        elif not given and self._store:
            yield from self._store.named(name, length)

    def _read_given(self) -> dict[str, Sequence]:
        """The sequences of the FASTA file by name; the bases of those that the header may mean are in the folder."""
        if self._given is None:
            self._given = given = {}
            if self._fasta:
                meant = {*self._md5s.values(), *self._wanted}

                def take(sequence: Sequence, file: Path) -> None:
                    given[sequence.name] = sequence
                    if sequence.md5 in meant or sequence[:2] in meant:
                        file.replace(self._folder / sequence.md5)

                try:
                    read_fasta(self._fasta, self._folder, take)
                except (BadFasta, Unreadable, OSError) as error:
                    message = f"The reference cannot be read: {shown(str(error).rstrip('.'))}."
                    raise NotAtHand("reference_unreadable", message, None, "a FASTA file") from error
        return self._given

    def _not_at_hand(self, index: int) -> NotAtHand:
        name, length = self._wanted[index]
        md5 = self._md5s.get(name)
        expected = f"{length} bases" + (f", M5 {md5}" if md5 else "")
        if other := self._read_given().get(name):
            message = f"The reference that was given has another sequence '{shown(name)}' than the file was made with."
            return NotAtHand("reference_mismatch", message, f"{other.length} bases, M5 {other.md5}", expected)
        message = (
            f"The sequence '{shown(name)}' ({expected}), which the records need, is not at hand: give its FASTA file"
            " with --reference, or have the administrator add it with 'seqark references add'."
        )
        return NotAtHand("reference_missing", message, None, expected)
