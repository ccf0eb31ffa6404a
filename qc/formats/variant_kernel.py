"""Walks through blocks of VCF records in compiled code, as far as they hold nothing unusual."""

from __future__ import annotations

import numpy as np

from qc.formats.reads_compiler import compiled
from qc.formats.variant_columns import (
    KIND,
    MAX_ALTERNATES,
    SIZE,
    START,
    alleles,
    column,
    equal,
    filters,
    identifier,
    info,
    quality,
    whole,
)
from qc.formats.variant_genotypes import NO_CALL, count_call, format_of, sample
from qc.formats.variant_tables import GENOTYPE, Bytes, Numbers, Tables
from qc.formats.variant_tally import (
    CALLS,
    FREQUENCY_BINS,
    INDEL,
    INDELS,
    LONGEST_INDEL,
    MISSING_CALLS,
    MULTIALLELIC,
    OTHER,
    OTHERS,
    PASSED,
    QUALITY_BIN,
    QUALITY_BINS,
    SNPS,
    TRANSITION,
    TRANSITIONS,
    TRANSVERSION,
    TRANSVERSIONS,
    Arrays,
)
from qc.formats.variant_values import BAD, BASES, DOT, NEWLINE, TAB, digits

STATE = 9
POSITION, LIMIT, SAMPLES, CHROM_SIZE, ID_SIZE, STOP, PREVIOUS, LINES, PLAN = range(STATE)
PLACES = 8
AT_ID, ID_LENGTH, AT_QUALITY, AT_FILTER, AT_INFO, AT_SAMPLES, AT_POSITION, AT_END = range(PLACES)
PASS = np.frombuffer(b"PASS\t", np.uint8)
NO_SAMPLES = -1
LONGEST_POSITION = 18


@compiled
def scan(data: Bytes, end: int, context: Bytes, state: Numbers, tables: Tables, arrays: Arrays) -> None:
    """Checks and counts records from `state[STOP]` on until one is unusual or `end` is reached.

    `context` is the CHROM and then the ID of the record before. What is counted is only what was checked whole.
    """
    found = np.zeros((MAX_ALTERNATES + 1, 3), np.int64)
    places = np.zeros(PLACES, np.int64)
    seen = np.zeros(len(tables.rules) + 1, np.int64)
    calls = np.zeros((max(0, state[SAMPLES]) + 1, 3), np.int64)
    before, start = context, state[CHROM_SIZE]
    size = state[ID_SIZE]
    while state[STOP] < end:
        at = state[STOP]
        if not fixed(data, at, context, state, tables, found, places):
            return
        if size == places[ID_LENGTH] and data[places[AT_ID]] != DOT and equal(data, places[AT_ID], before, start, size):
            return
        stamp = state[LINES] + 1
        stop = info(data, places[AT_INFO], found[0, KIND], places[AT_POSITION], tables, seen, stamp)
        if stop == BAD or not samples(data, stop, state, tables, found, places, calls):
            return
        count(data, state, tables, found, places, calls, arrays)
        state[PREVIOUS], state[STOP] = at, places[AT_END] + 1
        state[POSITION] = places[AT_POSITION]
        state[LINES] += 1
        before, start, size = data, places[AT_ID], places[ID_LENGTH]


@compiled
def fixed(
    data: Bytes, at: int, context: Bytes, state: Numbers, tables: Tables, found: Numbers, places: Numbers
) -> bool:
    """The first seven columns: the same CHROM, a POS after the last one, and nothing unusual in the others."""
    at = column(data, at, context, 0, state[CHROM_SIZE])
    if at == BAD:
        return False
    stop = digits(data, at)
    if not 0 < stop - at <= LONGEST_POSITION or data[stop] != TAB:
        return False
    position = whole(data, at, stop)
    if position <= state[POSITION] or (state[LIMIT] >= 0 and position > state[LIMIT]):
        return False
    places[AT_POSITION], places[AT_ID] = position, stop + 1
    at = identifier(data, stop + 1)
    if at == BAD:
        return False
    places[ID_LENGTH] = at - 1 - places[AT_ID]
    at = alleles(data, at, found)
    if at == BAD:
        return False
    places[AT_QUALITY] = at
    at = quality(data, at)
    if at == BAD:
        return False
    places[AT_FILTER] = at
    at = filters(data, at, tables)
    places[AT_INFO] = at
    return at != BAD


@compiled
def samples(
    data: Bytes, at: int, state: Numbers, tables: Tables, found: Numbers, places: Numbers, calls: Numbers
) -> bool:
    """FORMAT and as many samples as the header names; `calls[sample]` gets its genotype."""
    places[AT_END] = at
    if state[SAMPLES] == NO_SAMPLES:
        return bool(data[at] == NEWLINE)
    if data[at] != TAB:
        return False
    index = format_of(data, at + 1, tables, state[PLAN])
    if index == BAD:
        return False
    state[PLAN] = index
    at += 1 + tables.format_spans[index, 1]
    plan, size, alternates = tables.plans[index], tables.sizes[index], found[0, KIND]
    for place in range(state[SAMPLES]):
        if data[at] != TAB:
            return False
        at = sample(data, at + 1, plan, size, alternates, calls[place])
        if at == BAD:
            return False
    places[AT_END] = at
    return bool(data[at] == NEWLINE)


@compiled
def count(
    data: Bytes, state: Numbers, tables: Tables, found: Numbers, places: Numbers, calls: Numbers, arrays: Arrays
) -> None:
    """Counts a record that was found good."""
    totals = arrays.totals
    alternates = found[0, KIND]
    has = (0, 0, 0)
    for index in range(1, alternates + 1):
        kind = found[index, KIND]
        has = (has[0] | (kind in (TRANSITION, TRANSVERSION)), has[1] | (kind == INDEL), has[2] | (kind == OTHER))
        count_allele(data, found, index, arrays)
    totals[SNPS] += has[0]
    totals[INDELS] += has[1]
    totals[OTHERS] += has[2]
    totals[MULTIALLELIC] += alternates > 1
    at = places[AT_FILTER]
    totals[PASSED] += equal(data, at, PASS, 0, 5) or (data[at] == DOT and data[at + 1] == TAB)
    at = places[AT_QUALITY]
    if data[at] != DOT:
        value = whole(data, at, digits(data, at))
        arrays.qualities[min(value // QUALITY_BIN, QUALITY_BINS - 1)] += 1
    if state[SAMPLES] > 0 and tables.plans[state[PLAN], 0, 0] == GENOTYPE:
        count_calls(state[SAMPLES], found, calls, arrays)


@compiled
def count_allele(data: Bytes, found: Numbers, index: int, arrays: Arrays) -> None:
    """Counts one alternate allele by its kind."""
    kind = found[index, KIND]
    if kind == INDEL:
        length = found[index, SIZE] - found[0, SIZE]
        arrays.indels[max(-LONGEST_INDEL, min(LONGEST_INDEL, length)) + LONGEST_INDEL] += 1
    elif kind in (TRANSITION, TRANSVERSION):
        arrays.totals[TRANSITIONS if kind == TRANSITION else TRANSVERSIONS] += 1
        ref, alt = BASES[data[found[0, START]]], BASES[data[found[index, START]]]
        arrays.substitutions[ref - 1, alt - 1] += 1


@compiled
def count_calls(number: int, found: Numbers, calls: Numbers, arrays: Arrays) -> None:
    """Counts the genotypes of a record, and how frequent its alternate alleles are."""
    called = others = missing = 0
    table = arrays.samples
    for place in range(number):
        call = calls[place]
        first, second = call[0], call[1] if call[2] == 2 else call[0]
        if NO_CALL in (first, second):
            missing += 1
        else:
            called += call[2]
            others += (first > 0) + (second > 0 if call[2] == 2 else 0)
        if place < len(table):
            count_call(call, found, table[place])
    arrays.totals[CALLS] += number
    arrays.totals[MISSING_CALLS] += missing
    if called:
        arrays.frequencies[min(others * FREQUENCY_BINS // called, FREQUENCY_BINS - 1)] += 1
