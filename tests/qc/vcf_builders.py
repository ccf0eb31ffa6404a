"""Makes records of VCF that are good, or broken in one place."""

from __future__ import annotations

from tests.qc.builders import VCF_HEADER

LINE = VCF_HEADER.count(b"\n") + 2


def record(**changes: bytes) -> bytes:
    """A good record with some columns changed."""
    columns = {
        "chrom": b"1",
        "pos": b"200",
        "id": b".",
        "ref": b"A",
        "alt": b"G",
        "qual": b"50",
        "filter": b"PASS",
        "info": b"DP=10;AF=0.5",
        "format": b"GT:AD:PL",
        "a": b"0/1:5,5:10,0,10",
        "b": b"./.",
    } | changes
    return b"\t".join(columns.values()) + b"\n"
