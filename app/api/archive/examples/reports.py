"""Examples of what is told over many records."""

from __future__ import annotations

import msgspec

from app.api.archive.examples.records import MADE, PROJECT
from app.api.archive.structs.fair import FairCheckOut, FairOut, FairPrinciplesOut

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
)
