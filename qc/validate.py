"""Validates one sequencing file, or a pair: reads it to its end and returns a verdict with every finding."""

from __future__ import annotations

import time
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from qc.formats import FORMATS
from qc.formats.base import FindingLog, Job, Outcome, TooManyErrors, shown
from qc.formats.index_check import Facts, check_index, places_of
from qc.formats.packing import Unpacked
from qc.formats.pairs import compare_mates
from qc.formats.piped import Piped
from qc.formats.rawbytes import RawBytes
from qc.formats.reading import HashedFile
from qc.grading import grades_of
from qc.results import Compression, Finding, Format, Severity, Verdict
from qc.sniff import HEAD_SIZE, compression_promised_by, format_promised_by, sniff, unpacked_head

if TYPE_CHECKING:
    from collections.abc import Callable

    from qc.opening import ByteStream

FIRST_LETTERS = {Format.FASTQ: b"@", Format.SAM: b"@", Format.VCF: b"#"}
FAMILIES = (frozenset({Format.SAM, Format.BAM, Format.CRAM}), frozenset({Format.VCF, Format.BCF}))


def validate(
    source: Path | ByteStream,
    *,
    filename: str | None = None,
    mate: Path | None = None,
    reference: Path | None = None,
    references: Path | None = None,
    index: Path | None = None,
    index_named: bool = False,
    multiline: bool = False,
    measure: bool = True,
    progress: Callable[[int, int | None], None] | None = None,
) -> Verdict:
    """Checks a file by its content, in constant memory, and takes its digests in the same read.

    `source` is a path or anything that gives bytes; the verdict is the same. `filename` is the name that the file was
    given (default: that of the path), whose ending must agree with the content. `mate` is the other FASTQ file of a
    pair, `reference` a FASTA file for CRAM, `references` a folder of sequences (`ReferenceStore`). `multiline` accepts
    FASTQ records that wrap their lines. `index` is compared with a sound file, and a fault of it refuses the file only
    where it was named (`index_named`). Without `measure` the findings are the same, but metrics and grades are empty;
    for FASTQ, which is then checked in less time, the counts are those of reads, bases and lengths, and for the other
    formats nothing else changes. `progress(done, total)` gets bytes, `total` is None for a stream. A file of no known
    format whose name promises none is valid with the warning `not_checked`. Raises Unreadable.
    """
    began = time.perf_counter()
    findings = FindingLog()
    name = filename or (source.name if isinstance(source, Path) else "")
    path = source if isinstance(source, Path) else None
    with HashedFile(source, progress) as file:
        head = file.peek(HEAD_SIZE)
        found, compression = _recognised(head, name)
        job = Job(path, file, found, compression, findings, reference, multiline, references, measure)
        places = places_of(found, compression) if index else None
        if places:
            file.copy_to(places.take)
        outcome = _check(job, name, head) if mate is None else _check_pair(job, name, head, mate)
        file.drain()
        md5, sha256 = file.digests
    if index and not findings.errors:
        facts = Facts(found, outcome.counts, places) if places else None
        check_index(index, facts, Severity.ERROR if index_named else Severity.WARNING, findings)
        outcome.checked.append("index")
    return Verdict(
        valid=findings.errors == 0,
        format=found,
        compression=compression,
        size=file.size,
        md5=md5,
        sha256=sha256,
        findings=findings.kept,
        finding_counts=dict(findings.counts),
        counts=outcome.counts,
        metrics=outcome.metrics if measure else {},
        checked=["digests", *outcome.checked],
        seconds=round(time.perf_counter() - began, 4),
        grades=grades_of(found, outcome.counts, outcome.metrics) if measure and not findings.errors else [],
    )


def check_mates(forward: Path, reverse: Path) -> list[Finding]:
    """What keeps two FASTQ files from being a pair (codes `mate_…`); empty when nothing does. Raises Unreadable."""
    return compare_mates(forward, reverse).kept


def _recognised(head: bytes, name: str) -> tuple[Format, Compression]:
    """What the content is; broken text that begins like the format that its name promises counts as that format."""
    found, compression = sniff(head)
    promised = format_promised_by(name)
    first = FIRST_LETTERS.get(promised) if promised else None
    if found is Format.UNKNOWN and promised and first and unpacked_head(head).startswith(first):
        return promised, compression
    return found, compression


def _check(job: Job, name: str, head: bytes) -> Outcome:
    nothing = Outcome(counts={}, metrics={}, checked=[])
    try:
        if not unpacked_head(head):
            _check_without_data(job)
            return nothing
        if not _name_agrees(job, name, head):
            return nothing
        for known in FORMATS:
            if known.format is job.format:
                return known.check(job)
        job.findings.warning("not_checked", "The format of the file is not known, so its content was not checked.")
    except TooManyErrors:
        pass
    return nothing


def _check_pair(job: Job, name: str, head: bytes, mate: Path) -> Outcome:
    """Checks a file and, while its bytes are there, compares them with its mate, which counts when the file is good."""
    if job.format is not Format.FASTQ:
        outcome = _check(job, name, head)
        message = f"Only FASTQ files make a pair, but the content is {job.format.value}."
        with suppress(TooManyErrors):
            job.findings.error("mate_format", message, found=job.format.value, expected="FASTQ")
        return outcome
    with Piped(partial(_compare, mate)) as comparing:
        job.source.copy_to(comparing.send)
        outcome = _check(job, name, head)
        job.source.drain()
        compared = comparing.finish()
    if job.findings.errors:
        return outcome
    job.findings.extend(compared)
    if not compared.errors:
        _check_mate(job, mate)
    return Outcome(outcome.counts, outcome.metrics, [*outcome.checked, "the mate", "names and number of the mates"])


def _check_mate(job: Job, mate: Path) -> None:
    """Refuses a pair whose other file is not valid by itself, with the first of its errors."""
    error = validate(mate, multiline=job.multiline, measure=False).first_error
    if error:
        message = f"The mate is not valid ({error.code}): {error.message}"
        place = {"line": error.line, "record": error.record, "offset": error.offset}
        with suppress(TooManyErrors):
            job.findings.error("mate_invalid", message, found=error.found, expected=error.expected, **place)


def _compare(mate: Path, forward: int) -> FindingLog:
    with open(forward, "rb", buffering=0, closefd=False) as stream:
        return compare_mates(stream, mate)


def _check_without_data(job: Job) -> None:
    """Says why a file shows no data: because it is empty or because its container is damaged."""
    packing = Compression.NONE if job.compression is Compression.NONE else Compression.GZIP
    for _ in Unpacked(RawBytes(job.source), packing, job.findings):
        break
    if not job.findings.errors:
        job.findings.error("empty_file", "The file holds no data.", found="0 bytes", expected="data")


def _name_agrees(job: Job, name: str, head: bytes) -> bool:
    """Logs where name and content disagree; returns False when the content need not be looked at."""
    promised = format_promised_by(name)
    packing = compression_promised_by(name)
    same = promised in (None, job.format)
    if not same and not _mismatched_format(job, promised, name, head):
        return False
    told = packing in (Compression.NONE, Compression.GZIP)
    if same and told and (packing is Compression.NONE) != (job.compression is Compression.NONE):
        expected = "no compression" if packing is Compression.NONE else "gzip"
        message = f"The name '{shown(name)}' promises {expected} but the content is {_packed(job.compression)}."
        job.findings.error("compression_mismatch", message, found=job.compression.value, expected=expected)
    return True


def _mismatched_format(job: Job, promised: Format | None, name: str, head: bytes) -> bool:
    looks = job.format.value if job.format is not Format.UNKNOWN else looks_like(unpacked_head(head))
    message = f"The name '{shown(name)}' promises {promised} but the content is {looks}."
    place = {"offset": 0, "found": looks, "expected": str(promised)}
    if any({promised, job.format} <= family for family in FAMILIES):
        job.findings.warning("format_mismatch", message, **place)
        return True
    job.findings.error("format_mismatch", message, **place)
    return False


def _packed(compression: Compression) -> str:
    return "not compressed" if compression is Compression.NONE else f"{compression.value} data"


def looks_like(content: bytes) -> str:
    """A word for content of no known format."""
    if content.startswith(b">"):
        return "FASTA"
    if content.lstrip()[:1] == b"<":
        return "HTML or XML"
    known = {
        b"PK\3\4": "a ZIP archive",
        b"BZh": "bzip2",
        b"\xfd7zXZ": "xz",
        b"%PDF": "PDF",
        b"\x28\xb5\x2f\xfd": "zstd",
        b"\x1f\x8b": "gzip data inside gzip",
    }
    for magic, name in known.items():
        if content.startswith(magic):
            return name
    return f"not known, beginning with '{shown(content[:20])}'"
