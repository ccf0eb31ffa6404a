"""Lays out what a VCF header declares as arrays, for the compiled walk through records."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from qc.formats.vcf_structural import REPEAT_KEYS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from qc.formats.vcf_definitions import Definition

Bytes = npt.NDArray[np.uint8]
Numbers = npt.NDArray[np.int64]

FLAG, INTEGER, COUNT, FLOAT, PROBABILITY, TEXT, CHARACTER, GENOTYPE, END_KEY = range(9)
KINDS = {
    b"Flag": FLAG,
    b"Integer": INTEGER,
    b"Count": COUNT,
    b"Float": FLOAT,
    b"Probability": PROBABILITY,
    b"String": TEXT,
    b"Character": CHARACTER,
}
ANY, PER_ALT, PER_ALLELE, PER_GENOTYPE, PER_PLOIDY = -1, -2, -3, -4, -5
NUMBERS = {b"A": PER_ALT, b"R": PER_ALLELE, b"G": PER_GENOTYPE, b"P": PER_PLOIDY}
MAX_PLANS = 16
MAX_KEYS = 64
HASH_START, HASH_STEP, HASH_MASK = 2166136261, 16777619, 0xFFFFFFFF


class Words(NamedTuple):
    """Byte strings one after another: `spans[i]` is where string `i` begins and its length."""

    text: Bytes
    spans: Numbers


class Tables(NamedTuple):
    """The declared INFO keys by hash with their rules (kind, number), good FILTER values, and known FORMATs.

    `plans[format, key]` is (kind, number) and `sizes[format]` the number of keys.
    """

    slots: Numbers
    keys: Bytes
    key_spans: Numbers
    rules: Numbers
    filters: Bytes
    filter_spans: Numbers
    formats: Bytes
    format_spans: Numbers
    plans: Numbers
    sizes: Numbers


def words(strings: Iterable[bytes]) -> Words:
    """Lays strings out one after another; one byte more keeps the arrays from being empty."""
    parts = list(strings)
    ends = np.cumsum([len(part) for part in parts], dtype=np.int64) if parts else np.zeros(0, np.int64)
    sizes = np.array([len(part) for part in parts], np.int64)
    return Words(np.frombuffer(b"".join([*parts, b"\n"]), np.uint8), np.stack([ends - sizes, sizes], axis=1))


def rule(definition: Definition) -> tuple[int, int] | None:
    """The kind and number of a definition as the compiled code knows them; None when it does not."""
    kind = KINDS.get(definition.kind)
    if kind is None:
        return None
    number = int(definition.number) if definition.number.isdigit() else NUMBERS.get(definition.number, ANY)
    return (kind, number) if (kind == FLAG) == (number == 0) else None


def info_tables(definitions: Mapping[bytes, Definition]) -> tuple[Numbers, Words, Numbers]:
    """The hash table of INFO keys, the keys, and their rules; keys that need a look at other keys are left out."""
    rules = {key: known for key, d in definitions.items() if key not in REPEAT_KEYS and (known := rule(d))}
    if b"END" in rules:
        rules[b"END"] = (END_KEY, 1) if rules[b"END"] == (COUNT, 1) else rules.pop(b"END")
    size = 1 << max(4, (4 * len(rules)).bit_length())
    slots = np.full(size, -1, np.int64)
    for index, key in enumerate(rules):
        at = hash_of(key) % size
        while slots[at] >= 0:
            at = (at + 1) % size
        slots[at] = index
    return slots, words(rules), np.array(list(rules.values()), np.int64).reshape(-1, 2)


def hash_of(key: bytes) -> int:
    """FNV-1a, as the compiled code has it."""
    value = HASH_START
    for byte in key:
        value = ((value ^ byte) * HASH_STEP) & HASH_MASK
    return value


def plan_rules(keys: list[bytes], definitions: list[Definition]) -> list[tuple[int, int]] | None:
    """The rules of the values of a sample in order; None for a FORMAT that the compiled code cannot take."""
    if len(keys) > MAX_KEYS or b"CICN" in keys or b"CN" in keys:
        return None
    rules = [(GENOTYPE, 1) if key == b"GT" else rule(d) for key, d in zip(keys, definitions, strict=True)]
    return [known for known in rules if known] if all(rules) else None
