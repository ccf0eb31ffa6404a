"""Makes the whole simulated project in a folder: reference, reads, alignments, variants and their sheet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pysam

from simulation.alignments import header_of, write_bam, write_cram
from simulation.calls import write_vcf
from simulation.genome import Contig, haplotypes, simulate_genome, simulate_variants, text_of
from simulation.placement import place
from simulation.reads import simulate_pairs, write_fastq
from simulation.sheet import write_sheet

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

MIN_GENOME = 2_000
MIN_READ = 30
MAX_READ = 300
_FASTA_WIDTH = 70


@dataclass(frozen=True, slots=True)
class SampleFiles:
    """One sample's name and files; `cram` only where it was asked for."""

    name: str
    forward: Path
    reverse: Path
    bam: Path
    vcf: Path
    cram: Path | None

    @property
    def submitted(self) -> tuple[Path, ...]:
        """The files that the sheet names."""
        return (self.forward, self.reverse, self.bam, self.vcf)


@dataclass(frozen=True, slots=True)
class Dataset:
    """A simulated project on disk."""

    folder: Path
    reference: Path
    sheet: Path
    samples: tuple[SampleFiles, ...]

    @property
    def submitted(self) -> tuple[Path, ...]:
        """Every file that the sheet names."""
        return tuple(path for sample in self.samples for path in sample.submitted)


def simulate_dataset(
    folder: Path,
    *,
    seed: int = 1,
    genome_length: int = 20_000,
    pairs: int = 5_000,
    samples: int = 2,
    read_length: int = 150,
    cram: bool = False,
) -> Dataset:
    """Write the project into `folder` (made if absent); the same arguments write the same bytes.

    Raises:
        ValueError: a size is outside what the simulation can draw from.
    """
    _refuse_sizes(genome_length, pairs, samples, read_length)
    folder.mkdir(parents=True, exist_ok=True)
    contigs = simulate_genome(np.random.default_rng([seed, 0]), genome_length)
    reference = folder / "reference.fasta"
    write_reference(reference, contigs)
    made = tuple(
        _simulate_sample(
            np.random.default_rng([seed, number]),
            contigs,
            reference,
            f"SIM{number:03d}",
            pairs=pairs,
            length=read_length,
            cram=cram,
        )
        for number in range(1, samples + 1)
    )
    sheet = folder / "samples.tsv"
    write_sheet(sheet, made)
    return Dataset(folder, reference, sheet, made)


def write_reference(path: Path, contigs: Sequence[Contig]) -> None:
    """Write the FASTA and its `.fai`."""
    lines = []
    for contig in contigs:
        text = contig.text
        lines.append(f">{contig.name}")
        lines += [text[at : at + _FASTA_WIDTH] for at in range(0, len(text), _FASTA_WIDTH)]
    path.write_bytes("".join(f"{line}\n" for line in lines).encode())
    pysam.faidx(str(path))


def _simulate_sample(
    rng: np.random.Generator,
    contigs: Sequence[Contig],
    reference: Path,
    name: str,
    *,
    pairs: int,
    length: int,
    cram: bool,
) -> SampleFiles:
    folder = reference.parent
    barcode = text_of(rng.integers(0, 4, 8).astype(np.uint8))
    variants = simulate_variants(rng, contigs)
    copies = haplotypes(contigs, variants)
    drawn = simulate_pairs(rng, copies, pairs=pairs, length=length)
    files = SampleFiles(
        name,
        folder / f"{name}_R1.fastq.gz",
        folder / f"{name}_R2.fastq.gz",
        folder / f"{name}.bam",
        folder / f"{name}.vcf.gz",
        folder / f"{name}.cram" if cram else None,
    )
    write_fastq(files.forward, drawn, mate=1, barcode=barcode)
    write_fastq(files.reverse, drawn, mate=2, barcode=barcode)
    placed = (place(contigs, copies, drawn, mate=1), place(contigs, copies, drawn, mate=2))
    write_bam(files.bam, header_of(contigs, name, barcode), drawn.names, placed)
    write_vcf(files.vcf, contigs=contigs, sample=name, variants=variants, pairs=drawn, placed=placed)
    if files.cram is not None:
        write_cram(files.cram, files.bam, contigs)
    return files


def _refuse_sizes(genome_length: int, pairs: int, samples: int, read_length: int) -> None:
    if genome_length < MIN_GENOME:
        raise ValueError(f"The genome must have at least {MIN_GENOME} bases, not {genome_length}.")
    if not MIN_READ <= read_length <= MAX_READ:
        raise ValueError(f"Reads must have {MIN_READ} to {MAX_READ} bases, not {read_length}.")
    if pairs < 1 or not 1 <= samples <= 999:
        raise ValueError(f"At least one pair and 1 to 999 samples are needed, not {pairs} and {samples}.")
