"""Examples of what is told over many records, and of what a laboratory's system tells."""

from __future__ import annotations

import msgspec

from app.api.archive.examples.records import EXPERIMENT, FILENAME, MADE, MD5, PROJECT, RUN, SAMPLE
from app.api.archive.structs.fair import FairCheckOut, FairOut, FairPrinciplesOut
from app.api.archive.structs.lims import (
    LibraryPreparedIn,
    LimsFileIn,
    LimsFileOut,
    LimsLibraryIn,
    LimsLibraryRef,
    LimsOut,
    LimsSampleIn,
    LimsSampleRef,
    LimsSequencingIn,
    SampleRegisteredIn,
    SequencingCompleteIn,
)

_SAMPLE_REF = LimsSampleRef(alias="cow-1-blood", project_accession=PROJECT)

REPORTS: tuple[msgspec.Struct, ...] = (
    FairOut(
        accession=PROJECT,
        score=83.4,
        principles=FairPrinciplesOut(F=79.2, A=91.7, I=95.0, R=66.5),
        checks=[
            FairCheckOut(
                id="checksums",
                principle="A",
                title="Checksums",
                weight=2,
                score=0.975,
                passed=False,
                detail="39 of 40 runs have an MD5 and a SHA-256 that were taken here.",
                count=39,
                of=40,
            )
        ],
        scope="whole",
        samples=20,
        samples_read=20,
        computed_at=MADE,
    ),
    SampleRegisteredIn(
        delivery_id="7b1f0c52-1",
        occurred_at=MADE,
        sample=LimsSampleIn(
            alias="cow-1-blood",
            project_accession=PROJECT,
            checklist_id="ERC000011",
            organism="Bos taurus",
            tax_id=9913,
            collection_date="2026-02-14",
            geographic_location="Kenya",
        ),
    ),
    LibraryPreparedIn(
        delivery_id="7b1f0c52-2",
        occurred_at=MADE,
        sample=_SAMPLE_REF,
        library=LimsLibraryIn(
            alias="cow-1-blood-wgs",
            platform="ILLUMINA",
            library_strategy="WGS",
            library_layout="PAIRED",
            insert_size=350,
        ),
    ),
    SequencingCompleteIn(
        delivery_id="7b1f0c52-3",
        occurred_at=MADE,
        sample=_SAMPLE_REF,
        library=LimsLibraryRef(alias="cow-1-blood-wgs"),
        sequencing=LimsSequencingIn(
            platform="ILLUMINA",
            instrument_model="Illumina NovaSeq 6000",
            files=[LimsFileIn(filename=FILENAME, checksum_md5=MD5, read_number=1)],
        ),
    ),
    LimsOut(
        delivery_id="7b1f0c52-3",
        event="sequencing_complete",
        result="updated",
        sample_accession=SAMPLE,
        experiment_accession=EXPERIMENT,
        files=[LimsFileOut(FILENAME, MD5, "linked", RUN, None)],
    ),
)
