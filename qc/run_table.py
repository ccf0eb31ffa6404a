"""Lays out the archive's own table of a MultiQC page: one row a run, as custom content that MultiQC shows first."""

from __future__ import annotations

import html
from collections import Counter
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FILENAME = "seqark_mqc.json"
MOST_ROWS = 5_000
MARKS = ("pass", "warn", "fail")
STATUS_COLOURS = {"pass": ["passed", "valid"], "warn": ["warned", "running", "pending"], "fail": ["failed", "invalid"]}
TEXTS = {
    "filename": ("File", "The name that the file was given"),
    "verdict": ("Verdict", "What the validation of every record says"),
    "format": ("Format", "The format, told by the content"),
    "status": ("QC", "The status of all reports together"),
    "grades": ("Grades", "How many modules pass, warn and fail"),
    "noted": ("Noted", "The modules that warn or fail"),
    "md5": ("MD5", "The digest of the bytes that were checked"),
    "sha256": ("SHA-256", "The digest of the bytes that were checked"),
}
WHOLE, SHARE, PLAIN = "{:,.0f}", "{:,.1f} %", "{:,.2f}"
NUMBERS = {
    "size": ("Size", "Bytes of the file", WHOLE),
    "reads": ("Reads", "Reads, of alignments the primary records", WHOLE),
    "bases": ("Bases", "Bases", WHOLE),
    "mean_length": ("Length", "Mean length of a read", PLAIN),
    "q20": ("Q20", "Bases with a quality of 20 or more", SHARE),
    "q30": ("Q30", "Bases with a quality of 30 or more", SHARE),
    "gc": ("GC", "GC content", SHARE),
    "n": ("N", "Bases that are N", SHARE),
    "duplication": ("Duplicates", "Duplicates, estimated for reads and marked in alignments", SHARE),
    "adapter": ("Adapters", "Reads with an adapter", SHARE),
    "mapped": ("Mapped", "Mapped records", SHARE),
    "depth": ("Depth", "Mean depth over all references", PLAIN),
    "insert_size": ("Insert", "Mean insert size", WHOLE),
    "variants": ("Variants", "Variants", WHOLE),
    "ti_tv": ("Ti/Tv", "Ratio of transitions to transversions", PLAIN),
    "missing": ("Missing", "Missing genotypes", SHARE),
}


class TableRow(msgspec.Struct, frozen=True):
    """One run in the table.

    `verdict` and `status` are words, `marks` are pass, warn or fail by module, `numbers` go by the names of `NUMBERS`.
    """

    run: str
    filename: str
    verdict: str
    status: str
    format: str | None = None
    md5: str | None = None
    sha256: str | None = None
    marks: dict[str, str] = {}
    numbers: dict[str, float] = {}


def custom_content(rows: Sequence[TableRow]) -> dict[str, Any]:
    """Return what MultiQC reads from `FILENAME`; of more than 5,000 rows, the first. Ten thousand made a page of 24 MB.

    MultiQC writes names and cells into its page as they are, so all text is escaped here. Columns that no row fills are
    left out.
    """
    data = {html.escape(row.run): _cells(row) for row in rows[:MOST_ROWS]}
    filled = {name for cells in data.values() for name in cells}
    return {
        "id": "seqark",
        "section_name": "SeqArk",
        "description": f"Verdict, digests and grades of each run, at most of the {MOST_ROWS:,} newest.",
        "plot_type": "table",
        "pconfig": {
            "id": "seqark_runs",
            "title": "SeqArk: runs",
            "col1_header": "Run",
            "no_violin": True,
            "parse_numeric": False,
            "sort_rows": False,
            "scale": False,
        },
        "headers": {name: header for name, header in _headers().items() if name in filled},
        "data": data,
    }


def _headers() -> dict[str, dict[str, Any]]:
    headers: dict[str, dict[str, Any]] = {
        name: {"title": title, "description": what, "scale": False} for name, (title, what) in TEXTS.items()
    }
    for name in ("verdict", "status"):
        headers[name]["cond_formatting_rules"] = {
            mark: [{"s_eq": word} for word in words] for mark, words in STATUS_COLOURS.items()
        }
    for name, (title, what, shown) in NUMBERS.items():
        headers[name] = {"title": title, "description": what, "format": shown, "scale": False}
    return headers


def _cells(row: TableRow) -> dict[str, str | float]:
    texts = {
        "filename": row.filename,
        "verdict": row.verdict,
        "format": row.format,
        "status": row.status,
        "grades": _counted(row.marks),
        "noted": "; ".join(f"{module} ({mark})" for module, mark in row.marks.items() if mark != "pass"),
        "md5": row.md5,
        "sha256": row.sha256,
    }
    numbers = {name: value for name, value in row.numbers.items() if name in NUMBERS}
    return {name: html.escape(text) for name, text in texts.items() if text} | numbers


def _counted(marks: Mapping[str, str]) -> str:
    """Say how many modules have each mark: `8 pass, 1 warn`."""
    counts = Counter(marks.values())
    return ", ".join(f"{counts[mark]} {mark}" for mark in MARKS if counts[mark])
