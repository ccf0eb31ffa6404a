"""Compiled checks and counts of the sample columns of VCF records; what is not certainly good gives `BAD`."""

from __future__ import annotations

from qc.formats.reads_compiler import compiled
from qc.formats.variant_columns import KIND, column, counted
from qc.formats.variant_tables import ANY, GENOTYPE, PER_GENOTYPE, PER_PLOIDY, Bytes, Numbers, Tables
from qc.formats.variant_tally import (
    HET,
    HOM_ALT,
    HOM_REF,
    INDEL,
    MISSING,
    TRANSITION,
    TRANSVERSION,
    WITH_INDEL,
    WITH_SNP,
    WITH_TRANSITION,
    WITH_TRANSVERSION,
)
from qc.formats.variant_values import BAD, COLON, DOT, NEWLINE, NINE, TAB, ZERO, values

NO_CALL = -1
SLASH, BAR = 47, 124
NO_GENOTYPE = 0


@compiled
def format_of(data: Bytes, at: int, tables: Tables, guess: int) -> int:
    """The index of the FORMAT that stands here, trying that of the record before first; BAD when it is not known."""
    spans = tables.format_spans
    if guess < len(spans) and column(data, at, tables.formats, spans[guess, 0], spans[guess, 1]) != BAD:
        return guess
    for index in range(len(spans)):
        if column(data, at, tables.formats, spans[index, 0], spans[index, 1]) != BAD:
            return index
    return BAD


@compiled
def allele(data: Bytes, at: int, most: int, call: Numbers, index: int) -> int:
    """One allele of a genotype, into `call[index]`."""
    if data[at] == DOT:
        call[index] = NO_CALL
        return at + 1
    if not ZERO <= data[at] <= NINE:
        return BAD
    value = data[at] - ZERO
    at += 1
    while ZERO <= data[at] <= NINE:
        value = value * 10 + (data[at] - ZERO)
        at += 1
        if value > most:
            return BAD
    call[index] = value
    return at if value <= most else BAD


@compiled
def is_digit(byte: int) -> bool:
    """Says whether a byte is a digit."""
    return ZERO <= byte <= NINE


@compiled
def genotype(data: Bytes, at: int, most: int, call: Numbers) -> int:
    """A genotype of ploidy 1 or 2; `call` gets its alleles and, third, the ploidy.

    Two alleles of one digit each, as most samples have, go the short way.
    """
    if is_digit(data[at]) and data[at + 1] in (SLASH, BAR) and is_digit(data[at + 2]) and not is_digit(data[at + 3]):
        call[0], call[1], call[2] = data[at] - ZERO, data[at + 2] - ZERO, 2
        return at + 3 if call[0] <= most and call[1] <= most else BAD
    at = allele(data, at, most, call, 0)
    if at == BAD:
        return BAD
    call[2] = 1
    if data[at] == SLASH or data[at] == BAR:
        at = allele(data, at + 1, most, call, 1)
        call[2] = 2
    return at


@compiled
def sample(data: Bytes, at: int, plan: Numbers, size: int, alternates: int, call: Numbers) -> int:
    """One sample column up to its tab or newline; values at its end may be left out."""
    call[2] = NO_GENOTYPE
    for index in range(size):
        kind, number = plan[index, 0], plan[index, 1]
        if kind == GENOTYPE:
            at = genotype(data, at, alternates, call)
        else:
            wanted, other = expected(number, alternates, call)
            at = values(data, at, kind, COLON, wanted, other)
        if at == BAD:
            return BAD
        if data[at] != COLON:
            break
        at += 1
    return at if data[at] in (TAB, NEWLINE) else BAD


@compiled
def expected(number: int, alternates: int, call: Numbers) -> tuple[int, int]:
    """How many values a sample must have; two numbers where no genotype tells its ploidy."""
    is_called = call[2] != NO_GENOTYPE and (call[0] != NO_CALL or (call[2] == 2 and call[1] != NO_CALL))
    if number == PER_GENOTYPE and alternates:
        diploid, haploid = (alternates + 1) * (alternates + 2) // 2, alternates + 1
        if is_called:
            return (diploid, diploid) if call[2] == 2 else (haploid, haploid)
        return diploid, haploid
    if number == PER_PLOIDY and is_called:
        return call[2], call[2]
    wanted = counted(number, alternates)
    return wanted, wanted


@compiled
def count_call(call: Numbers, found: Numbers, row: Numbers) -> None:
    """Counts the genotype of one sample; `found[i, KIND]` is the kind of allele `i`."""
    first, second = call[0], call[1] if call[2] == 2 else call[0]
    if NO_CALL in (first, second):
        row[MISSING] += 1
        return
    if first == second:
        row[HOM_REF if first == 0 else HOM_ALT] += 1
    else:
        row[HET] += 1
    one = found[first, KIND] if first else ANY
    other = found[second, KIND] if second and second != first else ANY
    transitions = int(one == TRANSITION) + int(other == TRANSITION)
    transversions = int(one == TRANSVERSION) + int(other == TRANSVERSION)
    row[WITH_SNP] += transitions + transversions > 0
    row[WITH_INDEL] += INDEL in (one, other)
    row[WITH_TRANSITION] += transitions
    row[WITH_TRANSVERSION] += transversions
