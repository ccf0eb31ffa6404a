"""Decodes CRAM records through htslib while the file is read, and has them checked as those of BAM are.

htslib gets the containers that our own walk has found sound through a pipe, with a header of ours in which no path and
no address is left, and only after the sequences that they need are in a folder of ours: it can open nothing else.
"""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING, Self

import msgspec
import pysam

from qc.formats.alignment_tally import AlignmentTally
from qc.formats.bam import BamWalk, BrokenFrame
from qc.formats.bam_header import BamHeader
from qc.formats.base import FindingLog, TooManyErrors, shown
from qc.formats.bgzf import bgzf_pieces
from qc.formats.cram_header import END, header_for_decoder, sequence_key
from qc.formats.cram_slices import SEVERAL
from qc.formats.feed import EndOfData, Feed
from qc.formats.piped import Piped
from qc.formats.rawbytes import RawBytes
from qc.formats.reference_lookup import UNTOLD, NotAtHand, Region

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from io import FileIO
    from pathlib import Path

    from qc.formats.cram_slices import Slice
    from qc.formats.reference_lookup import References
    from qc.formats.sam_header import SamHeader

NOWHERE = os.devnull + "/none"
PIECE = 1 << 20
LOOK_EVERY = 16


class CramDecoder:
    """Takes containers in order; after `finish`, `tally` holds the decoded records, and `whole` says if those are all.

    `folder` is one where sequences are linked for htslib, which finds it by its environment: one file at a time in a
    process.
    """

    def __init__(self, definition: bytes, text: bytes, header: SamHeader, references: References, folder: Path) -> None:
        self.tally = AlignmentTally()
        self.whole = True
        self._log = FindingLog()
        self._major = definition[4]
        self._definition = definition
        self._text = text
        self._header = header
        self._piped: Piped[tuple[AlignmentTally, str | None]] | None = None
        self._references = references
        self._folder = folder
        self._linked: set[int] = set()
        self._lacking: NotAtHand | None = None
        os.environ["REF_PATH"], os.environ["REF_CACHE"] = NOWHERE, f"{folder}/%s"
        pysam.set_verbosity(0)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        if self._piped:
            self._piped.__exit__(*error)

    def take(self, container: Iterable[bytes], at: int, needed: list[Slice], findings: FindingLog) -> None:
        """Decodes a sound container that begins at byte `at`, if the sequences that its slices need are there."""
        if not self.whole:
            return
        try:
            for slice_ in needed:
                self._provide(slice_, findings)
        except NotAtHand as lacking:
            findings.error(lacking.code, str(lacking), offset=at, **lacking.place)
            self.whole = False
            return
        if self._piped is None:
            self._piped = Piped(partial(_decode, header=self._header, log=self._log))
            self._piped.send(self._definition + header_for_decoder(self._text, self._major))
        for data in container:
            self._piped.send(data)

    def finish(self, findings: FindingLog) -> None:
        """Waits for the last record and logs what was found in all of them. Raises TooManyErrors."""
        if self._piped is None:
            return
        self._piped.send(END[self._major])
        try:
            self.tally, problem = self._piped.finish()
        except TooManyErrors:
            findings.extend(self._log)
            raise
        if problem is not None:
            self.whole = False
            self._log_problem(problem)
        findings.extend(self._log)

    def _log_problem(self, problem: str) -> None:
        record = self.tally.records + 1
        if self._lacking:
            self._log.error(self._lacking.code, str(self._lacking), record=record, **self._lacking.place)
        else:
            message = f"Record {record} cannot be decoded; htslib says '{shown(problem)}'."
            self._log.error("cram_decode", message, record=record)

    def _provide(self, slice_: Slice, findings: FindingLog) -> None:
        """Links the sequence that a slice needs; those of a slice of several as far as they are there."""
        if slice_.reference == SEVERAL:
            for index in range(len(self._references)):
                try:
                    self._link(index, Region(0, 0, UNTOLD), findings)
                except NotAtHand as lacking:  # which ones the records are on shows when they are decoded
                    self._lacking = self._lacking or lacking
            return
        region = Region(slice_.start, slice_.span, slice_.md5)
        if not region.fits(self._link(slice_.reference, region, findings)):
            name = self._references.name(slice_.reference)
            message = f"The records were made with another sequence '{name}' than the one that is at hand."
            raise NotAtHand("reference_mismatch", message, "another MD5", f"MD5 {slice_.md5.hex()} of a slice")

    def _link(self, index: int, region: Region, findings: FindingLog) -> Path:
        found = self._references.find(index, region)
        if index not in self._linked:
            self._linked.add(index)
            (self._folder / sequence_key(index)).symlink_to(found.path.absolute())
            if not found.as_told:
                message = f"The header gives an M5 for '{self._references.name(index)}' that is not that of its bases."
                findings.warning("reference_m5", message)
        return found.path


def _decode(reading: int, header: SamHeader, log: FindingLog) -> tuple[AlignmentTally, str | None]:
    """Decodes what the descriptor gives, checking the records as BAM; returns their tally and why it ended early."""
    bam = _Bam(reading)
    feed = Feed(bgzf_pieces(RawBytes(bam), FindingLog()))  # the blocks of that BAM are htslib's own affair
    walk = BamWalk(BamHeader(header, list(header.references), list(header.references.values())), 0, log)
    try:
        _pass_header(feed)
        walk.feed(feed.rest())
    except (EndOfData, BrokenFrame):
        bam.problem = bam.problem or "a record that BAM cannot hold"
    log.kept[:] = [msgspec.structs.replace(finding, offset=None) for finding in log.kept]
    return walk.tally, bam.problem


def _pass_header(feed: Feed) -> None:
    """Goes past the header that htslib has made of the one that is known. Raises EndOfData."""
    feed.take(4)
    feed.take(feed.number())
    for _ in range(feed.number()):
        feed.take(feed.number() + 4)


class _Bam:
    """The records of a CRAM stream as uncompressed BAM, in pieces; after the last, `problem` says why it is that.

    htslib writes into a file in memory that is emptied again and again: closing a pipe, it would hold the lock of the
    interpreter while it waits for the reader.
    """

    def __init__(self, reading: int) -> None:
        self.problem: str | None = None
        self._pieces = self._written(reading)

    def read(self) -> bytes:
        """The next piece, empty at the end."""
        return next(self._pieces, b"")

    def _written(self, reading: int) -> Iterator[bytes]:
        with open(reading, "rb", closefd=False) as source, os.fdopen(os.memfd_create("bam"), "r+b", 0) as made:
            try:
                with (
                    pysam.AlignmentFile(source, "rc", check_sq=False) as records,
                    pysam.AlignmentFile(made, "wbu", template=records) as out,
                ):
                    for number, read in enumerate(records.fetch(until_eof=True)):
                        out.write(read)
                        if number % LOOK_EVERY == 0 and os.lseek(made.fileno(), 0, os.SEEK_CUR) > PIECE:
                            yield _emptied(made)
            except (OSError, ValueError) as error:
                self.problem = str(error)
            yield _emptied(made)


def _emptied(file: FileIO) -> bytes:
    """What is in the file; both its own offset and that of its copies go back to the beginning."""
    size = file.tell()
    file.seek(0)
    data = file.read(size)
    file.seek(0)
    file.truncate()
    return data
