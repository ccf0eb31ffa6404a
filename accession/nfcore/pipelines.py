"""What each nf-core pipeline takes as a sample sheet, as rules of our own: columns, their forms, and what must differ.

`source` says from where the rules were read: the pipeline's published input schema and the code that reads the sheet,
at these commits of its repository. Where versions of a pipeline differ, the narrower rule stands here.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Final

import msgspec


class SheetForm(StrEnum):
    """The sheets that can be asked for; `generic` is for no pipeline, it tells all that is known of each run."""

    GENERIC = "generic"
    FETCHNGS = "fetchngs"
    RNASEQ = "rnaseq"
    SAREK = "sarek"
    VIRALRECON = "viralrecon"
    TAXPROFILER = "taxprofiler"
    AMPLISEQ = "ampliseq"


class Alike(StrEnum):
    """Among which rows files must be all single or all paired."""

    SAMPLE = "sample"
    SHEET = "sheet"


class Column(msgspec.Struct, frozen=True):
    """One column: a filled cell matches `pattern` (anywhere, as JSON Schema has it) and is one of `terms`, if given."""

    name: str
    pattern: str | None = None
    terms: tuple[str, ...] = ()
    required: bool = False


class Pipeline(msgspec.Struct, frozen=True):
    """A pipeline's sheet. `unique` lists columns whose values together are those of one row only.

    `gzipped`: reads must be compressed. `pairs_only`: a row without read 2 is not read. `bam`: a BAM file goes where a
    sample has no reads. `alike`: rows that must not mix single and paired files. `not_from`: platforms whose reads the
    pipeline takes in another way. `once`: a sample has one row only, so a further one needs a name of its own.
    """

    name: SheetForm
    source: str
    columns: tuple[Column, ...]
    unique: tuple[tuple[str, ...], ...] = ()
    gzipped: bool = True
    pairs_only: bool = False
    bam: bool = False
    alike: Alike | None = None
    not_from: tuple[str, ...] = ()
    once: bool = False
    header: bool = True


_NO_BLANKS: Final = r"^\S+$"
_GZIPPED_READS: Final = r"^\S+\.f(ast)?q\.gz$"
_READS: Final = r"^([\S\s]*\/)?[^\s\/]+\.f(ast)?q(\.gz)?$"
_LETTERS_FIRST: Final = r"^[a-zA-Z][a-zA-Z0-9_]+$"
PUBLIC_ID: Final = r"^(((SR|ER|DR)[APRSX])|(SAM(N|EA|D))|(PRJ(NA|EB|DB))|(GS[EM]))(\d+)$"
_TAXPROFILER_PLATFORMS: Final = (
    "ABI_SOLID",
    "BGISEQ",
    "CAPILLARY",
    "COMPLETE_GENOMICS",
    "DNBSEQ",
    "HELICOS",
    "ILLUMINA",
    "ION_TORRENT",
    "LS454",
    "OXFORD_NANOPORE",
    "PACBIO_SMRT",
)

_SAMPLE: Final = Column("sample", _NO_BLANKS, required=True)
_PIPELINES: Final = (
    Pipeline(
        SheetForm.FETCHNGS,
        "assets/schema_input.json at 3f4b86e5, utils_nfcore_fetchngs_pipeline at 025fd5e3: identifiers, one a line",
        (Column("id", PUBLIC_ID, required=True),),
        unique=(("id",),),
        header=False,
    ),
    Pipeline(
        SheetForm.RNASEQ,
        "assets/schema_input.json at a1c66a39 and 018e6507",
        (
            _SAMPLE,
            Column("fastq_1", _GZIPPED_READS, required=True),
            Column("fastq_2", _GZIPPED_READS),
            Column("strandedness", terms=("forward", "reverse", "unstranded", "auto"), required=True),
        ),
        alike=Alike.SAMPLE,
    ),
    Pipeline(
        SheetForm.SAREK,
        "assets/schema_input.json at 88b2d9d1, docs/usage.md at 001020ef, pull request 1059 (lane)",
        (
            Column("patient", _NO_BLANKS, required=True),
            Column("sex", terms=("XX", "XY", "NA")),
            Column("status", terms=("0", "1")),
            _SAMPLE,
            Column("lane", _NO_BLANKS, required=True),
            Column("fastq_1", _GZIPPED_READS),
            Column("fastq_2", _GZIPPED_READS),
            Column("bam", r"^\S+\.bam$"),
        ),
        unique=(("patient", "sample", "lane"), ("fastq_1",), ("bam",)),
        pairs_only=True,
        bam=True,
    ),
    Pipeline(
        SheetForm.VIRALRECON,
        "assets/schema_input.json at 0b3793ff, utils_nfcore_viralrecon_pipeline at 0d5d8267",
        (_SAMPLE, Column("fastq_1", _READS, required=True), Column("fastq_2", _READS)),
        gzipped=False,
        alike=Alike.SAMPLE,
        not_from=("OXFORD_NANOPORE",),
    ),
    Pipeline(
        SheetForm.TAXPROFILER,
        "assets/schema_input.json at 0ab1023f, utils_nfcore_taxprofiler_pipeline at 08fbddfe",
        (
            _SAMPLE,
            Column("run_accession", _NO_BLANKS, required=True),
            Column("instrument_platform", terms=_TAXPROFILER_PLATFORMS, required=True),
            Column("fastq_1", _GZIPPED_READS, required=True),
            Column("fastq_2", _GZIPPED_READS),
            Column("fasta", r"^\S+\.(fasta|fas|fna|fa)\.gz?$"),
        ),
        unique=(("fastq_1",), ("fastq_2",), ("sample", "run_accession")),
        alike=Alike.SAMPLE,
    ),
    Pipeline(
        SheetForm.AMPLISEQ,
        "assets/schema_input.json at 087bee4e",
        (
            Column("sampleID", _LETTERS_FIRST, required=True),
            Column("forwardReads", _GZIPPED_READS, required=True),
            Column("reverseReads", _GZIPPED_READS),
        ),
        unique=(("sampleID",), ("forwardReads",), ("reverseReads",)),
        alike=Alike.SHEET,
        once=True,
    ),
)
PIPELINES: Final = {pipeline.name: pipeline for pipeline in _PIPELINES}


def json_schema(pipeline: Pipeline) -> dict[str, Any]:
    """The rules of one row as JSON Schema 2020-12; an empty cell is left out of the row before it is checked."""
    properties: dict[str, Any] = {}
    for column in pipeline.columns:
        pattern = {"pattern": column.pattern} if column.pattern else {}
        terms = {"enum": list(column.terms)} if column.terms else {}
        properties[column.name] = {"type": "string", **pattern, **terms}
    required = [column.name for column in pipeline.columns if column.required]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}
