"""Writes a sample's true variants as an indexed, BGZF-compressed VCF 4.3 with depths counted from its placed reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pysam

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from simulation.genome import Contig, Variant
    from simulation.placement import Placement
    from simulation.reads import ReadPairs

_DECLARATIONS = (
    '##FILTER=<ID=PASS,Description="All filters passed">',
    '##INFO=<ID=DP,Number=1,Type=Integer,Description="Reads that span the variant">',
    '##INFO=<ID=AC,Number=A,Type=Integer,Description="Copies of each alternative allele">',
    '##INFO=<ID=AN,Number=1,Type=Integer,Description="Copies called">',
    '##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">',
    '##FORMAT=<ID=DP,Number=1,Type=Integer,Description="Reads that span the variant">',
    '##FORMAT=<ID=AD,Number=R,Type=Integer,Description="Reads from copies with each allele">',
)


def write_vcf(
    path: Path,
    *,
    contigs: Sequence[Contig],
    sample: str,
    variants: Sequence[Variant],
    pairs: ReadPairs,
    placed: tuple[Sequence[Placement], Sequence[Placement]],
) -> None:
    """Write header and records of the variants that a read spans, and the `.tbi` beside them."""
    lines = ["##fileformat=VCFv4.3", "##source=seqark-simulate", "##reference=reference.fasta"]
    lines += [f"##contig=<ID={contig.name},length={len(contig.codes)},md5={contig.md5}>" for contig in contigs]
    lines += _DECLARATIONS
    lines.append(f"#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\t{sample}")
    lines += _records(contigs, variants, pairs, placed)
    with pysam.BGZFile(str(path), "wb") as packed:
        packed.write("".join(f"{line}\n" for line in lines).encode())
    pysam.tabix_index(str(path), preset="vcf", force=True)


def _records(
    contigs: Sequence[Contig],
    variants: Sequence[Variant],
    pairs: ReadPairs,
    placed: tuple[Sequence[Placement], Sequence[Placement]],
) -> Iterator[str]:
    reads = [*placed[0], *placed[1]]
    contig = np.array([read.contig for read in reads])
    start = np.array([read.position for read in reads])
    end = np.array([read.end for read in reads])
    copy = np.concatenate([pairs.haplotype, pairs.haplotype])
    for variant in variants:
        after = variant.position + len(variant.ref)
        spanning = (contig == variant.contig) & (start <= variant.position) & (end > after)
        counts = [int((spanning & (copy == which)).sum()) for which in (0, 1)]
        alternative = sum(count for count, has in zip(counts, variant.carried_by, strict=True) if has)
        depth = sum(counts)
        if alternative == 0:
            continue
        copies = sum(variant.carried_by)
        yield "\t".join(
            (
                f"{contigs[variant.contig].name}\t{variant.position + 1}\t.\t{variant.ref}\t{variant.alt}",
                f"{min(999, 30 * alternative)}\tPASS\tDP={depth};AC={copies};AN=2\tGT:DP:AD",
                f"{variant.genotype}:{depth}:{depth - alternative},{alternative}",
            )
        )
