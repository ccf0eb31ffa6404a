"""Writes a large BGZF-compressed VCF of genotyped samples in seconds, as a joint caller would."""

from __future__ import annotations

from itertools import combinations_with_replacement
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pysam

from simulation.bulk import CONTIGS, Ints, chunks

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_CELLS = 20_000  # different sample columns for each number of alleles
_INDEL_SHARE, _TWO_ALLELES_SHARE, _MISSING_SHARE = 0.12, 0.02, 0.02
_HEADER = (
    "##fileformat=VCFv4.2",
    '##FILTER=<ID=PASS,Description="All filters passed">',
    '##FILTER=<ID=LowQual,Description="Low quality">',
    '##INFO=<ID=AC,Number=A,Type=Integer,Description="Allele count in genotypes">',
    '##INFO=<ID=AF,Number=A,Type=Float,Description="Allele frequency">',
    '##INFO=<ID=AN,Number=1,Type=Integer,Description="Number of called alleles">',
    '##INFO=<ID=DP,Number=1,Type=Integer,Description="Depth of all samples">',
    '##INFO=<ID=MQ,Number=1,Type=Float,Description="Root mean square mapping quality">',
    '##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">',
    '##FORMAT=<ID=AD,Number=R,Type=Integer,Description="Depth of each allele">',
    '##FORMAT=<ID=DP,Number=1,Type=Integer,Description="Depth">',
    '##FORMAT=<ID=GQ,Number=1,Type=Integer,Description="Genotype quality">',
    '##FORMAT=<ID=PL,Number=G,Type=Integer,Description="Phred-scaled genotype likelihoods">',
    *(f"##contig=<ID={name},length={length}>" for name, length in CONTIGS),
)


class _Cells(NamedTuple):
    """Sample columns to choose from: their text, their depth, and how often each alternative allele is in them."""

    text: list[str]
    depth: Ints
    copies: Ints
    called: Ints


def write_variants(path: Path, count: int, *, samples: int = 10, seed: int = 1) -> None:
    """Write `count` variants by position; the same arguments write the same bytes."""
    rng = np.random.default_rng([seed, 4])
    names = "\t".join(f"S{number:04d}" for number in range(1, samples + 1))
    columns = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT"
    cells = {alleles: _cells(rng, alleles) for alleles in (1, 2)}
    lengths = np.array([length for _, length in CONTIGS])
    ends = np.rint(np.cumsum(lengths / lengths.sum()) * count).astype(int)
    with pysam.BGZFile(str(path), "wb") as target:
        target.write("\n".join([*_HEADER, f"{columns}\t{names}\n"]).encode())
        for (contig, length), size in zip(CONTIGS, np.diff(ends, prepend=0), strict=True):
            positions = np.sort(rng.integers(10_000, length - 10_000, size))
            for start, end in chunks(size):
                lines = _lines(rng, contig, positions[start:end], cells, samples)
                target.write("".join(lines).encode())


def _cells(rng: np.random.Generator, alleles: int) -> _Cells:
    """Draw columns GT:AD:DP:GQ:PL for sites of so many alternative alleles."""
    genotypes = [(low, high) for high, low in combinations_with_replacement(range(alleles, -1, -1), 2)][::-1]
    genotypes.sort(key=lambda pair: (pair[1], pair[0]))  # the order of PL: specification, section 1.6.2
    texts, depths, copies, called = [], [], [], []
    chosen = rng.choice(len(genotypes), _CELLS, p=_shares(len(genotypes)))
    missing = rng.random(_CELLS) < _MISSING_SHARE
    for index, lost, depth in zip(chosen.tolist(), missing.tolist(), rng.poisson(30, _CELLS).tolist(), strict=True):
        low, high = genotypes[index]
        share = [0.0 if lost else ((low == allele) + (high == allele)) / 2 for allele in range(alleles + 1)]
        counts = rng.multinomial(depth, share).tolist() if not lost else [0] * (alleles + 1)
        quality = int(rng.integers(20, 99))
        likelihoods = (0 if other == index else quality + int(rng.integers(0, 900)) for other in range(len(genotypes)))
        tail = ".:." if lost else f"{quality}:{','.join(map(str, likelihoods))}"
        genotype = "./." if lost else f"{low}/{high}"
        texts.append(f"{genotype}:{','.join(map(str, counts))}:{sum(counts)}:{tail}")
        depths.append(sum(counts))
        copies.append([(not lost) * ((low == allele) + (high == allele)) for allele in range(1, alleles + 1)])
        called.append(0 if lost else 2)
    return _Cells(texts, np.array(depths), np.array(copies), np.array(called))


def _shares(genotypes: int) -> list[float]:
    rest = 0.4 / (genotypes - 1)
    return [0.6, *[rest] * (genotypes - 1)]


def _lines(
    rng: np.random.Generator, contig: str, positions: Ints, cells: dict[int, _Cells], samples: int
) -> Iterator[str]:
    size = len(positions)
    alleles = 1 + (rng.random(size) < _TWO_ALLELES_SHARE)
    chosen = rng.integers(0, _CELLS, (size, samples))
    changes = _changes(rng, alleles)
    qualities = rng.gamma(2, 400, size).round(2).tolist()
    names = rng.integers(1_000, 10**9, size).tolist()
    mapping = rng.normal(59, 1, size).clip(20, 60).round(2).tolist()
    for row, (position, kind) in enumerate(zip(positions.tolist(), alleles.tolist(), strict=True)):
        pool, columns = cells[kind], chosen[row]
        copies, number = pool.copies[columns].sum(axis=0).tolist(), int(pool.called[columns].sum())
        shares = ",".join(f"{count / number if number else 0:.3f}" for count in copies)
        info = f"AC={','.join(map(str, copies))};AF={shares};AN={number};DP={pool.depth[columns].sum()}"
        name = f"rs{names[row]}" if names[row] % 2 else "."
        marks = "PASS" if qualities[row] >= 30 else "LowQual"
        fixed = f"{contig}\t{position}\t{name}\t{changes[row]}\t{qualities[row]}\t{marks}\t{info};MQ={mapping[row]}"
        text = "\t".join([pool.text[column] for column in columns.tolist()])
        yield f"{fixed}\tGT:AD:DP:GQ:PL\t{text}\n"


def _changes(rng: np.random.Generator, alleles: Ints) -> list[str]:
    """REF and ALT of each site: a substitution, an insertion or a deletion of one to eight bases, or two bases."""
    bases = rng.permuted(np.tile(np.frombuffer(b"ACGT", "S1"), (len(alleles), 1)), axis=1).astype("U1").tolist()
    kinds = rng.random(len(alleles))
    sizes = rng.integers(1, 9, len(alleles)).tolist()
    changes = []
    for letters, count, kind, size in zip(bases, alleles.tolist(), kinds.tolist(), sizes, strict=True):
        ref, first, second, _ = letters
        if count == 2:
            changes.append(f"{ref}\t{first},{second}")
        elif kind < _INDEL_SHARE / 2:
            changes.append(f"{ref}\t{ref}{first * size}")
        elif kind < _INDEL_SHARE:
            changes.append(f"{ref}{first * size}\t{ref}")
        else:
            changes.append(f"{ref}\t{first}")
    return changes
