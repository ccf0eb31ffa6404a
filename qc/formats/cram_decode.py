"""Decodes the records of a CRAM file through htslib, with the reference that was given and no other."""

from __future__ import annotations

import hashlib
import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pysam
from pysam.utils import SamtoolsError

from qc.formats.base import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from qc.formats.alignment_tally import AlignmentTally
    from qc.formats.base import FindingLog, Job
    from qc.formats.sam_header import SamHeader

NOWHERE = os.devnull + "/none"
SEVERAL = -2


def decode_records(job: Job, header: SamHeader, needed: set[int], records: int, tally: AlignmentTally) -> bool:
    """Decodes every record into the tally; returns whether that could be done. Findings tell why not.

    `needed` are the indices of references that must come from outside, -2 for any of them.
    """
    os.environ["REF_PATH"] = os.environ["REF_CACHE"] = NOWHERE
    pysam.set_verbosity(0)
    names = list(header.references)
    wanted = names if SEVERAL in needed else [names[i] for i in sorted(needed) if 0 <= i < len(names)]
    if not needed:
        return _decode(job, None, [], header, records, tally)
    if job.reference is None:
        job.findings.warning(
            "reference_missing",
            "The records need a reference sequence that was not given, so they were counted but not decoded.",
            expected=", ".join(shown(name) for name in wanted[:5]),
        )
        return False
    try:
        with indexed(job.reference) as reference:
            if not _has_all(reference, wanted, header, job.findings):
                return False
            return _decode(job, reference, wanted, header, records, tally)
    except (OSError, ValueError, SamtoolsError) as error:
        job.findings.warning("reference_unreadable", f"The reference cannot be read: {shown(str(error))}.")
        return False


@contextmanager
def indexed(reference: Path) -> Iterator[Path]:
    """A link to a FASTA file in a folder of its own, with its index beside it; nothing is written next to the file."""
    with tempfile.TemporaryDirectory(prefix="reference-") as folder:
        link = Path(folder) / ("reference.fa.gz" if reference.suffix == ".gz" else "reference.fa")
        link.symlink_to(reference.resolve(strict=True))
        for suffix in (".fai", ".gzi"):
            index = Path(f"{reference.resolve()}{suffix}")
            if index.is_file():
                Path(f"{link}{suffix}").symlink_to(index)
        if not Path(f"{link}.fai").exists():
            pysam.faidx(str(link))
        yield link


def _has_all(reference: Path, wanted: list[bytes], header: SamHeader, findings: FindingLog) -> bool:
    rows = (line.split(b"\t") for line in Path(f"{reference}.fai").read_bytes().splitlines())
    lengths = {row[0]: int(row[1]) for row in rows if len(row) >= 2}
    for name in wanted:
        if lengths.get(name) != header.references[name]:
            has = f"has {lengths[name]} bases" if name in lengths else "is not in it"
            findings.warning(
                "reference_mismatch",
                f"The reference that was given does not fit: '{shown(name)}' {has}, so records were not decoded.",
                found=str(lengths.get(name, "none")),
                expected=str(header.references[name]),
            )
            return False
    return True


def _decode(
    job: Job, reference: Path | None, wanted: list[bytes], header: SamHeader, records: int, tally: AlignmentTally
) -> bool:
    try:
        name = str(reference) if reference else None
        with pysam.AlignmentFile(str(job.path), "rc", reference_filename=name, check_sq=False) as alignments:
            for read in alignments.fetch(until_eof=True):
                tally.add(read.flag, read.query_length)
                covered = read.infer_query_length()
                if covered and read.query_length and covered != read.query_length:
                    message = f"The CIGAR of record {tally.records} covers {covered} bases of {read.query_length}."
                    job.findings.error("cigar_length", message, record=tally.records)
    except (OSError, ValueError) as error:
        if reference and (other := _other_sequence(reference, wanted, header)):
            message = (
                f"The reference that was given has another sequence for '{shown(other)}' than the file was made with."
            )
            job.findings.warning("reference_mismatch", message)
            return False
        message = f"Record {tally.records + 1} cannot be decoded: {shown(str(error))}."
        job.findings.error("cram_decode", message, record=tally.records + 1)
        return False
    if tally.records != records:
        message = f"The containers say that they hold {records} records but {tally.records} can be decoded."
        job.findings.error("cram_count", message, found=str(tally.records), expected=str(records))
    return True


def _other_sequence(reference: Path, wanted: list[bytes], header: SamHeader) -> bytes | None:
    """The first wanted sequence whose MD5 is not what the header says under M5, or None."""
    with pysam.FastaFile(str(reference)) as fasta:
        for name in wanted:
            if told := header.md5s.get(name):
                sequence = fasta.fetch(name.decode("latin-1")).upper().encode()
                if hashlib.md5(sequence, usedforsecurity=False).hexdigest().encode() != told:
                    return name
    return None
