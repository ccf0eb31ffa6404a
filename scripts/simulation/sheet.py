"""Writes the bulk sample sheet that names a simulated project's files: one row each for FASTQ pair, BAM and VCF."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from simulation.dataset import SampleFiles

CHECKLIST = "ERC000011"  # the ENA default sample checklist
COLUMNS = (
    "sample_alias",
    "subject_alias",
    "organism",
    "tax_id",
    "collection_date",
    "geographic_location",
    "title",
    "sample_description",
    "sex",
    "filename_forward",
    "filename_reverse",
    "md5_forward",
    "md5_reverse",
    "library_strategy",
    "platform",
    "instrument_model",
    "library_source",
    "library_layout",
    "library_selection",
    "insert_size",
)
_LIBRARY = {
    "library_strategy": "WGS",
    "platform": "ILLUMINA",
    "instrument_model": "Illumina NovaSeq 6000",
    "library_source": "GENOMIC",
    "library_layout": "PAIRED",
    "library_selection": "RANDOM",
    "insert_size": "350",
}


def md5_of(path: Path) -> str:
    """Give the file's md5 in hex, reading it in pieces."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def rows_of(samples: Iterable[SampleFiles]) -> list[dict[str, str]]:
    """Give three rows a sample: its read pair, its alignments, its variants."""
    rows = []
    for number, sample in enumerate(samples, start=1):
        described = {
            "sample_alias": sample.name,
            "subject_alias": f"{sample.name}-donor",
            "title": f"Simulated whole genome {number}",
            "tax_id": "32630",
            "organism": "synthetic construct",
            "sample_description": "Reads drawn from a random genome with known variants",
            "collection_date": f"2026-01-{10 + number % 18:02d}",
            "geographic_location": "Saudi Arabia",
            "sex": "female" if number % 2 else "male",
            **_LIBRARY,
        }
        for forward, reverse in ((sample.forward, sample.reverse), (sample.bam, None), (sample.vcf, None)):
            files = {"filename_forward": forward.name, "md5_forward": md5_of(forward)}
            if reverse is not None:
                files |= {"filename_reverse": reverse.name, "md5_reverse": md5_of(reverse)}
            rows.append({**described, **files})
    return rows


def write_sheet(path: Path, samples: Iterable[SampleFiles], *, columns: Sequence[str] = COLUMNS) -> None:
    """Write the rows as TSV under `columns`, for example those of a server's own template; others stay empty."""
    lines = ["\t".join(columns)]
    lines += ["\t".join(row.get(column, "") for column in columns) for row in rows_of(samples)]
    path.write_bytes("".join(f"{line}\n" for line in lines).encode())
