"""Runs the compiled walk through VCF records beside the plain one, which knows the header and the place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from qc.formats.variant_kernel import (
    CHROM_SIZE,
    ID_SIZE,
    LIMIT,
    LINES,
    NO_SAMPLES,
    POSITION,
    PREVIOUS,
    SAMPLES,
    STATE,
    STOP,
    scan,
)
from qc.formats.variant_tables import MAX_KEYS, MAX_PLANS, Numbers, Tables, info_tables, plan_rules, words

if TYPE_CHECKING:
    from qc.formats.vcf_text import VcfWalk

MAX_FILTERS = 64


class FastWalk:
    """Checks and counts records that hold nothing unusual; the first other one ends each run."""

    def __init__(self, walk: VcfWalk) -> None:
        self._walk = walk
        self._info = info_tables(walk.header.definitions[b"INFO"])
        self._state: Numbers = np.zeros(STATE, np.int64)
        self._known = (-1, -1)
        self._tables: Tables
        self.refresh()

    def refresh(self) -> None:
        """Takes over the FILTER values and FORMATs that the plain walk has found good since."""
        plans = {text: plan for (text, _), plan in self._walk.samples.plans.items() if plan}
        filters = sorted(self._walk.record_check.good_filters)[:MAX_FILTERS]
        if self._known == (len(plans), len(filters)):
            return
        self._known = (len(plans), len(filters))
        rules = {text: plan_rules(plan.keys, plan.definitions) for text, plan in plans.items()}
        usable = [(text, found) for text, found in rules.items() if found][:MAX_PLANS]
        table: Numbers = np.zeros((max(1, len(usable)), MAX_KEYS, 2), np.int64)
        for row, (_, found) in zip(table, usable, strict=False):
            row[: len(found)] = found
        slots, keys, key_rules = self._info
        sizes = np.array([len(found) for _, found in usable], np.int64)
        formats = words(text for text, _ in usable)
        self._tables = Tables(slots, *keys, key_rules, *words(filters), *formats, table, sizes)

    def go(self, block: bytes, at: int) -> tuple[int, int]:
        """Goes on from `at`; returns where it stopped and where the last line that it passed begins (-1: none)."""
        walk, state = self._walk, self._state
        place = walk.record_check.good_chrom
        if place is None or walk.order.position < 0:
            return at, -1
        chrom, limit = place
        identifier = walk.order.identifier
        state[:] = 0
        state[POSITION], state[LIMIT] = walk.order.position, limit
        state[SAMPLES] = len(walk.header.samples) if walk.header.columns > 8 else NO_SAMPLES
        state[CHROM_SIZE], state[ID_SIZE] = len(chrom), len(identifier)
        state[STOP], state[PREVIOUS] = at, -1
        data = np.frombuffer(block, np.uint8)
        context = np.frombuffer(chrom + identifier, np.uint8)
        scan(data, block.rfind(b"\n") + 1, context, state, self._tables, walk.tally.arrays)
        walk.records += int(state[LINES])
        walk.number += int(state[LINES])
        return int(state[STOP]), int(state[PREVIOUS])
