"""Keeps reference sequences in a folder, each in a file named by its MD5, so that CRAM files can be decoded.

The files lie as htslib keeps its own cache: `ab/cd/ef…` holds the bases of the sequence whose MD5 is `abcdef…`. Beside
them, `sequences.tsv` has a line for each name under which a sequence was added: name, length, MD5, file.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from qc.formats.reference_fasta import Sequence, read_fasta

if TYPE_CHECKING:
    from collections.abc import Callable

TABLE = "sequences.tsv"


class Kept(NamedTuple):
    """A sequence of the folder under one of its names, and the FASTA file that it came from."""

    name: str
    length: int
    md5: str
    source: str


class ReferenceStore:
    """The reference sequences of an archive. A folder that is not there is one without sequences."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._named: dict[tuple[str, int], dict[str, None]] | None = None

    def add(self, fasta: Path, progress: Callable[[int], None] | None = None) -> tuple[int, int]:
        """Takes in each sequence of a FASTA file; returns how many it has and how many of them are new.

        What is there already is left as it is. `progress` gets the bytes read so far. Raises BadFasta, Unreadable,
        OSError.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        known = set(self.kept())
        found: list[Kept] = []

        def keep(sequence: Sequence, file: Path) -> None:
            place = self._place(sequence.md5)
            place.parent.mkdir(parents=True, exist_ok=True)
            file.replace(place)
            found.append(Kept(*sequence, fasta.name.replace("\t", " ")))

        with tempfile.TemporaryDirectory(prefix="incoming-", dir=self._folder) as incoming:
            total = read_fasta(fasta, Path(incoming), keep, progress)
        names = {(kept.name, kept.md5) for kept in known}
        new = [kept for kept in dict.fromkeys(found) if (kept.name, kept.md5) not in names]
        with (self._folder / TABLE).open("a", encoding="utf-8") as table:
            table.write("".join("\t".join(map(str, kept)) + "\n" for kept in new))
        return total, len(new)

    def kept(self) -> list[Kept]:
        """Every sequence under every name, in the order in which they were added."""
        try:
            lines = (self._folder / TABLE).read_text("utf-8").splitlines()
        except FileNotFoundError:
            return []
        rows = (line.split("\t") for line in lines)
        return [Kept(row[0], int(row[1]), row[2], row[3]) for row in rows if len(row) == 4 and row[1].isdigit()]

    def with_md5(self, md5: str) -> Path | None:
        """The file of the sequence with this MD5, in lower-case digits."""
        place = self._place(md5)
        return place if place.is_file() else None

    def named(self, name: str, length: int) -> list[Path]:
        """The files of the different sequences that have this name and length, as they were at the first question."""
        if self._named is None:
            self._named = {}
            for kept in self.kept():
                self._named.setdefault((kept.name, kept.length), {})[kept.md5] = None
        return [path for md5 in self._named.get((name, length), {}) if (path := self.with_md5(md5))]

    def _place(self, md5: str) -> Path:
        return self._folder / md5[:2] / md5[2:4] / md5[4:]
