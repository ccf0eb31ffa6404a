"""Examples of searches and file reports."""

from __future__ import annotations

import msgspec

from app.api.archive.examples.records import EXPERIMENT, FILENAME, MD5, PROJECT, RUN, SAMPLE, SHA256
from app.api.archive.structs.filereport import RunFileOut
from app.api.archive.structs.search import HitOut, SearchOut

FOUND: tuple[msgspec.Struct, ...] = (
    SearchOut(
        "ankole blood",
        1,
        [HitOut("sample", SAMPLE, "cow-1-blood", "Bos taurus · 9913 · Kenya · Ankole · blood · adult · female")],
    ),
    RunFileOut(
        run_accession=RUN,
        experiment_accession=EXPERIMENT,
        sample_accession=SAMPLE,
        project_accession=PROJECT,
        organism="Bos taurus",
        tax_id=9913,
        file_type="FASTQ",
        filename=FILENAME,
        file_path=FILENAME,
        file_size=1234567890,
        checksum_md5=MD5,
        checksum_sha256=SHA256,
        download_url=f"https://archive.example.org/api/v1/runs/{RUN}/download",
        platform="ILLUMINA",
        instrument_model="Illumina NovaSeq 6000",
        library_strategy="WGS",
        library_layout="PAIRED",
    ),
)
