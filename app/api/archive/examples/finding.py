"""Examples of searches and file reports."""

from __future__ import annotations

import msgspec

from app.api.archive.examples.records import SAMPLE
from app.api.archive.structs.search import HitOut, SearchOut

FOUND: tuple[msgspec.Struct, ...] = (
    SearchOut(
        "ankole blood",
        1,
        [HitOut("sample", SAMPLE, "cow-1-blood", "Bos taurus · 9913 · Kenya · Ankole · blood · adult · female")],
    ),
)
