"""Writes a large BAM file of sorted read pairs in seconds, its records laid out as the specification's section 4.2."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pysam

from simulation.bulk import CONTIGS, Ints, Source, chunks, digit_column

if TYPE_CHECKING:
    from pathlib import Path

_LENGTH = 150
_NAME = b"A00742:118:HSIMDSX7:2:"
_NAME_DIGITS = 9
_GROUP = b"sim.L2"
_UNMAPPED_SHARE, _DUPLICATE_SHARE, _AMBIGUOUS_SHARE = 0.01, 0.08, 0.05
_NIBBLES = np.array([1, 2, 4, 8], np.uint8)


@dataclass(frozen=True, slots=True)
class _Shape:
    """Reads of one CIGAR, whose records are all of one size; `span` is the reference length that they cover."""

    share: float
    cigar: tuple[int, ...]
    span: int
    tags: bytes


def _operations(*pairs: tuple[int, str]) -> tuple[int, ...]:
    return tuple(length << 4 | "MIDNSHP=X".index(kind) for length, kind in pairs)


_RG = b"RGZ" + _GROUP + b"\0"
_SHAPES = (
    _Shape(0.85, _operations((150, "M")), 150, b"NMC\0MDZ150\0ASC\x96" + _RG),
    _Shape(0.10, _operations((12, "S"), (138, "M")), 138, b"NMC\0MDZ138\0ASC\x8a" + _RG),
    _Shape(0.05, _operations((80, "M"), (2, "D"), (70, "M")), 152, b"NMC\2MDZ80^AC70\0ASC\x8e" + _RG),
    _Shape(0.0, (), 0, _RG),
)
_UNMAPPED = len(_SHAPES) - 1


@dataclass(frozen=True, slots=True)
class _Reads:
    """The reads in file order, one entry each."""

    pair: Ints
    shape: Ints
    reference: Ints
    position: Ints
    mate_position: Ints
    size: Ints
    flag: Ints


def write_alignments(path: Path, count: int, *, seed: int = 1) -> None:
    """Write `count` (even) alignments of 150 bases by coordinate; the same arguments write the same bytes."""
    source = Source(seed, _LENGTH)
    rng = np.random.default_rng([seed, 3])
    reads = _placed(rng, count // 2)
    with pysam.BGZFile(str(path), "wb") as target:
        target.write(_header())
        for start, end in chunks(len(reads.pair)):
            target.write(_records(rng, source, reads, slice(start, end)))


def _header() -> bytes:
    lines = ["@HD\tVN:1.6\tSO:coordinate", *(f"@SQ\tSN:{name}\tLN:{length}" for name, length in CONTIGS)]
    lines += [f"@RG\tID:{_GROUP.decode()}\tSM:sim\tPL:ILLUMINA", "@PG\tID:simulate\tPN:seqark-simulate\tVN:1", ""]
    text = "\n".join(lines).encode()
    out = b"BAM\1" + struct.pack("<i", len(text)) + text + struct.pack("<i", len(CONTIGS))
    for name, length in CONTIGS:
        out += struct.pack("<i", len(name) + 1) + name.encode() + b"\0" + struct.pack("<i", length)
    return out


def _placed(rng: np.random.Generator, pairs: int) -> _Reads:
    """Draw pairs evenly over the contigs and sort their reads by coordinate, those from elsewhere last."""
    lengths = np.array([length for _, length in CONTIGS])
    reference = rng.choice(len(CONTIGS), pairs, p=lengths / lengths.sum())
    size = np.clip(rng.normal(350, 55, pairs), 2 * _LENGTH // 3 + 60, 800).astype(np.int64)
    start = (rng.random(pairs) * (lengths[reference] - 2_000)).astype(np.int64)
    shapes = rng.choice(len(_SHAPES), (2, pairs), p=[shape.share for shape in _SHAPES])
    lost = rng.random(pairs) < _UNMAPPED_SHARE
    shapes[:, lost] = _UNMAPPED
    reference[lost] = -1
    spans = np.array([shape.span for shape in _SHAPES])
    left = np.where(lost, -1, start)
    right = np.where(lost, -1, start + size - spans[shapes[1]])
    size[lost] = 0
    duplicate = np.where(~lost & (rng.random(pairs) < _DUPLICATE_SHARE), 0x400, 0)
    forward, reverse = np.where(lost, 77, 99) | duplicate, np.where(lost, 141, 147) | duplicate
    both = np.tile(np.where(lost, len(CONTIGS), reference), 2)
    order = np.lexsort((np.concatenate([left, right]), both))
    joined = (
        np.tile(np.arange(pairs), 2),
        shapes.reshape(-1),
        np.tile(reference, 2),
        np.concatenate([left, right]),
        np.concatenate([right, left]),
        np.concatenate([size, -size]),
        np.concatenate([forward, reverse]),
    )
    return _Reads(*(column[order] for column in joined))


def _records(rng: np.random.Generator, source: Source, reads: _Reads, where: slice) -> bytes:
    """The records of a range of reads: those of one shape are made together, then all are put in their places."""
    shapes = reads.shape[where]
    layouts = [_layout(shape) for shape in _SHAPES]
    widths = np.array([layout.itemsize for layout in layouts])[shapes]
    offsets = np.cumsum(widths) - widths
    out = np.empty(int(widths.sum()), np.uint8)
    codes = source.codes(np.where(reads.position[where] < 0, 977 * reads.pair[where], reads.position[where]))
    qualities = source.qualities(rng, len(shapes))
    ambiguous = rng.random(len(shapes)) < _AMBIGUOUS_SHARE
    for number, (shape, layout) in enumerate(zip(_SHAPES, layouts, strict=True)):
        rows = np.flatnonzero(shapes == number)
        made = np.zeros(len(rows), layout)
        _fill(made, shape, reads, where.start + rows)
        nibbles = _NIBBLES[codes[rows]]
        made["bases"] = nibbles[:, ::2] << 4 | nibbles[:, 1::2]
        made["qualities"] = qualities[rows]
        made["mapping_quality"] = 60 * (shape.span > 0) * ~ambiguous[rows]
        out[offsets[rows, None] + np.arange(layout.itemsize)] = made.view(np.uint8).reshape(len(rows), layout.itemsize)
    return out.tobytes()


def _layout(shape: _Shape) -> np.dtype[Any]:
    """The fields of a BAM record of this shape, packed and little-endian."""
    fields = [("block_size", "<i4"), ("reference", "<i4"), ("position", "<i4"), ("name_size", "u1")]
    fields += [("mapping_quality", "u1"), ("bin", "<u2"), ("operations", "<u2"), ("flag", "<u2"), ("length", "<i4")]
    fields += [("mate_reference", "<i4"), ("mate_position", "<i4"), ("template", "<i4")]
    arrays = [("name", "u1", (len(_NAME) + _NAME_DIGITS + 1,)), ("cigar", "<u4", (len(shape.cigar),))]
    arrays += [("bases", "u1", (_LENGTH // 2,)), ("qualities", "u1", (_LENGTH,)), ("tags", "u1", (len(shape.tags),))]
    return np.dtype([*fields, *arrays])


def _fill(made: npt.NDArray[Any], shape: _Shape, reads: _Reads, rows: Ints) -> None:
    made["block_size"] = made.dtype.itemsize - 4
    made["reference"] = made["mate_reference"] = reads.reference[rows]
    made["position"] = reads.position[rows]
    made["mate_position"] = reads.mate_position[rows]
    made["template"] = reads.size[rows]
    made["flag"] = reads.flag[rows]
    made["bin"] = _bins(reads.position[rows], reads.position[rows] + max(shape.span, 1))
    made["name_size"] = made["name"].shape[1]
    made["name"][:, : len(_NAME)] = np.frombuffer(_NAME, np.uint8)
    made["name"][:, len(_NAME) : -1] = digit_column(reads.pair[rows], _NAME_DIGITS)
    made["operations"] = len(shape.cigar)
    made["cigar"] = shape.cigar
    made["length"] = _LENGTH
    made["tags"] = np.frombuffer(shape.tags, np.uint8)


def _bins(start: Ints, end: Ints) -> Ints:
    """The smallest bin of the index's scheme that holds each interval (specification, section 5.3, `reg2bin`)."""
    last = end - 1
    found = np.zeros_like(start)
    for shift in (26, 23, 20, 17, 14):
        first_bin = ((1 << (29 - shift)) - 1) // 7
        found = np.where(start >> shift == last >> shift, first_bin + (start >> shift), found)
    return found
