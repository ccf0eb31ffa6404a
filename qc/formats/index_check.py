"""Checks that an index belongs to the file beside it: BAI, CSI, TBI and CRAI."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from qc.errors import Unreadable
from qc.formats.base import FindingLog, shown
from qc.formats.bgzf import is_bgzf
from qc.formats.index_bins import Bins, Damaged, read_bins
from qc.formats.index_places import PLACES, SLICE_BITS, ContainerPlaces, Places
from qc.formats.packing import Unpacked
from qc.formats.rawbytes import RawBytes
from qc.opening import open_regular
from qc.results import Compression, Format, Severity

if TYPE_CHECKING:
    from io import FileIO
    from pathlib import Path
    from typing import Any

MOST_BYTES = 1 << 27
PIECE = 1 << 20
KINDS = {b"BAI\1": (Format.BAM,), b"CSI\1": (Format.BAM, Format.VCF, Format.BCF), b"TBI\1": (Format.VCF,)}
CRAI_LINE = re.compile(
    rb"(-?[0-9]{1,10})\t(-?[0-9]{1,10})\t(-?[0-9]{1,10})\t([0-9]{1,18})\t([0-9]{1,10})\t([0-9]{1,10})"
)


class Disagrees(Exception):
    """An index says something else than its file; the arguments are those of a finding."""

    def __init__(self, code: str, message: str, found: object, expected: object) -> None:
        super().__init__(message)
        self.code = code
        self.place = {"found": str(found), "expected": str(expected)}


class Facts(NamedTuple):
    """What is known of a file once it was read to its end."""

    format: Format
    counts: dict[str, Any]
    places: Places


def places_of(format: Format, compression: Compression) -> Places | None:  # noqa: A002
    """What notes the places in a file that an index can point to; None where a file of this kind has no index."""
    if format not in PLACES or (compression is Compression.BGZF) == (format is Format.CRAM):
        return None
    return PLACES[format]()


def check_index(path: Path, facts: Facts | None, severity: Severity, findings: FindingLog) -> None:
    """Logs the first thing (codes `index_…`) in which the index is broken or says something else than its file.

    `facts` are None for a file that can have no index.
    """
    log = findings.error if severity is Severity.ERROR else findings.warning
    name = shown(path.name)
    if facts is None:
        log("index_format", f"The index '{name}' is beside a file that is not packed in blocks, so it can have none.")
        return
    try:
        compare(unpacked_index(path), facts)
    except Unreadable as error:
        log("index_damaged", f"The index '{name}' cannot be read: {shown(str(error))}")
    except Damaged as damage:
        log("index_damaged", f"The index '{name}' {damage}.")
    except Disagrees as disagrees:
        log(disagrees.code, f"The index '{name}' {disagrees}.", **disagrees.place)


def compare(index: bytes, facts: Facts) -> None:
    """Compares an uncompressed index with its file. Raises Damaged, Disagrees."""
    facts.places.finish()
    kind = index[:4]
    if facts.format is Format.CRAM and kind not in KINDS:
        _compare_crai(index, facts)
        return
    if facts.format not in KINDS.get(kind, (facts.format,)):
        message = f"is of a kind that {facts.format.value} has not"
        raise Disagrees("index_format", message, kind[:3].decode("latin-1"), f"an index of {facts.format.value}")
    if kind not in KINDS:
        raise Damaged("does not begin with BAI, CSI or TBI")
    bins = read_bins(index)
    references = facts.counts.get("references")
    if facts.format is Format.BAM and bins.references != references:
        message = f"has {bins.references} references but the file has {references}"
        raise Disagrees("index_references", message, bins.references, references)
    _compare_offsets(bins, facts.places)
    _compare_counts(bins, facts)


def _compare_offsets(bins: Bins, places: Places) -> None:
    blocks = np.unique(np.frombuffer(bins.offsets, np.uint64) >> np.uint64(16))
    starts = np.append(np.frombuffer(places.starts, np.uint64), np.uint64(places.size))
    strange = blocks[~np.isin(blocks, starts)]
    if len(strange) and not places.lost:
        message = f"points to byte {strange[0]}, where no block of the file begins"
        raise Disagrees("index_offset", message, strange[0], f"one of {len(starts) - 1} blocks")


def _compare_counts(bins: Bins, facts: Facts) -> None:
    records = facts.counts.get("records", facts.counts.get("variants"))
    counted = bins.mapped + bins.unmapped + (bins.unplaced or 0)
    short = bins.unplaced is None and facts.format is Format.BAM  # an old one that does not count those without place
    if not bins.counted or records is None or counted == records or (short and counted < records):
        return
    raise Disagrees("index_counts", f"counts {counted} records but the file has {records}", counted, records)


def _compare_crai(index: bytes, facts: Facts) -> None:
    """Compares the lines of a CRAI with the slices of the file (CRAM 3.1, section 12)."""
    assert isinstance(facts.places, ContainerPlaces)
    slices = set(facts.places.slices)
    references = facts.counts.get("references", 0)
    for number, line in enumerate(index.splitlines(), 1):
        matched = CRAI_LINE.fullmatch(line)
        if not matched:
            raise Damaged(f"has a line {number} that is not six numbers")
        reference, _, _, container, slice_at, _ = map(int, matched.groups())
        if not -1 <= reference < references:
            message = f"names reference {reference} in line {number} but the file has {references}"
            raise Disagrees("index_references", message, reference, f"-1 to {references - 1}")
        if container << SLICE_BITS | slice_at not in slices:
            message = f"points to a slice at byte {slice_at} of a container at byte {container}, where none begins"
            raise Disagrees("index_offset", message, f"{container}, {slice_at}", f"one of {len(slices)} slices")


def unpacked_index(path: Path) -> bytes:
    """The bytes of an index without its compression. Raises Damaged, Unreadable."""
    with open_regular(path) as file:
        raw = RawBytes(_Pieces(file, path))
        head = raw.peek(64)
        packing = Compression.BGZF if is_bgzf(head) else Compression.GZIP
        log = FindingLog()
        pieces: list[bytes] = []
        size = 0
        for piece in Unpacked(raw, packing if head[:2] == b"\x1f\x8b" else Compression.NONE, log):
            pieces.append(piece)
            size += len(piece)
            if size > MOST_BYTES:
                raise Damaged(f"has more than {MOST_BYTES} bytes")
    faults = [finding for finding in log.kept if finding.code != "bgzf_eof_missing"]  # old tools write none
    if faults:
        raise Damaged(f"is damaged: {faults[0].message.rstrip('.')}")
    return b"".join(pieces)


class _Pieces:
    """An open file as a source of pieces."""

    def __init__(self, file: FileIO, path: Path) -> None:
        self._file = file
        self._path = path

    def read(self) -> bytes:
        """The next piece; empty at the end. Raises Unreadable."""
        try:
            return self._file.read(PIECE)
        except OSError as error:
            raise Unreadable(f"{self._path} cannot be read: {error.strerror or error}.") from error
