"""Writes a sample's placed reads as a sorted, indexed BAM and, where asked, the same as CRAM."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pysam

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from simulation.genome import Contig
    from simulation.placement import Placement

_PAIRED, _PROPER, _UNMAPPED, _MATE_UNMAPPED, _REVERSE, _MATE_REVERSE, _FIRST, _SECOND = (1 << bit for bit in range(8))


def header_of(contigs: Sequence[Contig], sample: str, barcode: str) -> dict[str, Any]:
    """Give the SAM header: coordinate-sorted, contigs with their M5, one read group of the sample."""
    return {
        "HD": {"VN": "1.6", "SO": "coordinate"},
        "SQ": [{"SN": contig.name, "LN": len(contig.codes), "M5": contig.md5} for contig in contigs],
        "RG": [
            {
                "ID": f"{sample}.L2",
                "SM": sample,
                "LB": f"{sample}-lib1",
                "PL": "ILLUMINA",
                "PU": f"HSIMDSX7.2.{barcode}",
            }
        ],
        "PG": [{"ID": "simulate", "PN": "seqark-simulate", "VN": "1"}],
    }


def write_bam(
    path: Path, header: dict[str, Any], names: Sequence[str], placed: tuple[Sequence[Placement], Sequence[Placement]]
) -> None:
    """Write the BAM, sorted as samtools sorts, and its `.bai` beside it."""
    sam_header = pysam.AlignmentHeader.from_dict(header)
    group = header["RG"][0]["ID"]
    with pysam.AlignmentFile(str(path), "wb", header=sam_header) as bam:
        for line in sorted_lines(header, names, placed, group):
            bam.write(pysam.AlignedSegment.fromstring(line, sam_header))
    pysam.index(str(path))


def write_cram(path: Path, bam: Path, contigs: Sequence[Contig]) -> None:
    """Write the BAM's records as CRAM against the reference, and its `.crai` beside it.

    The contigs are offered by their M5, since a writer that is given a FASTA puts this machine's path into the header.
    """
    with tempfile.TemporaryDirectory() as folder, _references_from(folder, contigs):
        with (
            pysam.AlignmentFile(str(bam), "rb") as source,
            pysam.AlignmentFile(str(path), "wc", header=source.header) as target,
        ):
            for record in source:
                target.write(record)
        _name_in_header(path)
        pysam.index(str(path))


def _name_in_header(cram: Path) -> None:
    """Write the file's bare name where htslib writes the path it was opened by: 20 bytes at offset 6 (CRAM 3, § 6)."""
    with cram.open("r+b") as stream:
        stream.seek(6)
        stream.write(cram.name.encode()[:20].ljust(20, b"\0"))


@contextlib.contextmanager
def _references_from(folder: str, contigs: Sequence[Contig]) -> Iterator[None]:
    for contig in contigs:
        (Path(folder) / contig.md5).write_text(contig.text, encoding="ascii")
    before = {name: os.environ.get(name) for name in ("REF_PATH", "REF_CACHE")}
    os.environ.update(dict.fromkeys(before, f"{folder}/%s"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def sorted_lines(
    header: dict[str, Any],
    names: Sequence[str],
    placed: tuple[Sequence[Placement], Sequence[Placement]],
    group: str,
) -> Iterator[str]:
    """Give SAM lines by contig and position, reads from elsewhere last."""
    contig_names = [entry["SN"] for entry in header["SQ"]]
    keyed = []
    for row, name in enumerate(names):
        pair = (placed[0][row], placed[1][row])
        for mate in (0, 1):
            read = pair[mate]
            contig = read.contig if read.contig >= 0 else len(contig_names)
            keyed.append(((contig, read.position, read.reverse, row, mate), name, pair))
    keyed.sort(key=lambda item: item[0])
    for key, name, pair in keyed:
        yield _line(name, pair, key[-1], contig_names, group)


def _line(name: str, pair: tuple[Placement, Placement], mate: int, contigs: Sequence[str], group: str) -> str:
    read, other = pair[mate], pair[1 - mate]
    side = _FIRST if mate == 0 else _SECOND
    if read.contig < 0:
        flag = _PAIRED | _UNMAPPED | _MATE_UNMAPPED | side
        return f"{name}\t{flag}\t*\t0\t0\t*\t*\t0\t0\t{read.text}\t{read.scores}\tRG:Z:{group}"
    flag = _PAIRED | _PROPER | side
    flag |= _REVERSE if read.reverse else 0
    flag |= _MATE_REVERSE if other.reverse else 0
    span = max(read.end, other.end) - min(read.position, other.position)
    leftmost = (read.position, read.reverse) < (other.position, other.reverse)
    return "\t".join(
        (
            f"{name}\t{flag}\t{contigs[read.contig]}\t{read.position + 1}\t60\t{read.cigar}\t=\t{other.position + 1}",
            f"{span if leftmost else -span}\t{read.text}\t{read.scores}",
            f"NM:i:{read.edits}\tMD:Z:{read.md}\tMC:Z:{other.cigar}\tRG:Z:{group}",
        )
    )
