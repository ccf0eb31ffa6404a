"""Checks the typed values of BCF records before a decoder sees them (VCF 4.5, section 6.3.3)."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import numpy as np

MISSING, INT8, INT16, INT32, FLOAT, CHAR = 0, 1, 2, 3, 5, 7
SIZES = {MISSING: 0, INT8: 1, INT16: 2, INT32: 4, FLOAT: 4, CHAR: 1}
INTEGERS: dict[int, np.dtype[Any]] = {INT8: np.dtype("<i1"), INT16: np.dtype("<i2"), INT32: np.dtype("<i4")}
FLOAT_BITS = np.dtype("<u4")
MISSING_FLOAT, END_FLOAT, LAST_RESERVED_FLOAT = 0x7F800001, 0x7F800002, 0x7F800007
LONG = 15
CONTROL = re.compile(rb"[\x00-\x1f\x7f]")
# The bytes that reserved numbers and ends of vectors are made of; where they are missing there are none of these.
ODD = {
    INT8: re.compile(rb"[\x81-\x87]"),
    INT16: re.compile(rb"\x80"),
    INT32: re.compile(rb"\x80"),
    FLOAT: re.compile(rb"\x80\x7f"),
}
KINDS = {
    b"Integer": (INT8, INT16, INT32),
    b"Count": (INT8, INT16, INT32),
    b"Float": (FLOAT,),
    b"Probability": (FLOAT,),
    b"Flag": (MISSING, INT8),
}


class BadValue(Exception):
    """A typed value cannot be right; the message is the end of a sentence that begins with the record."""

    def __init__(self, message: str, code: str = "bcf_value") -> None:
        super().__init__(message)
        self.code = code


class Typed(NamedTuple):
    """The type of a value, how many there are (for each sample), and the bytes that hold them."""

    kind: int
    number: int
    data: bytes


class TypedBytes:
    """Takes typed values from the bytes of one part of a record, trusting no length. All methods raise BadValue."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def left(self) -> int:
        """How many bytes were not taken yet."""
        return len(self._data) - self._at

    def take(self, size: int) -> bytes:
        """Exactly so many bytes."""
        end = self._at + size
        if end > len(self._data):
            raise BadValue("has a value that reaches past its end")
        data = self._data[self._at : end]
        self._at = end
        return data

    def value(self, samples: int = 1) -> Typed:
        """A descriptor and the values behind it, once for each sample."""
        first = self.take(1)[0]
        kind, count = first & 15, first >> 4
        if kind not in SIZES:
            raise BadValue(f"has a value of the unknown type {kind}")
        if count == LONG:
            count = self.integer()
            if count < 0:
                raise BadValue(f"has a value with the length {count}")
        return Typed(kind, count, self.take(SIZES[kind] * count * samples))

    def integer(self) -> int:
        """A single integer, as lengths and keys are."""
        first = self.take(1)[0]
        kind, count = first & 15, first >> 4
        if kind not in INTEGERS or count != 1:
            raise BadValue("has something else where a single integer must be")
        return int.from_bytes(self.take(SIZES[kind]), "little", signed=True)

    def text(self) -> bytes:
        """A string of characters, as ID and alleles are; empty where it is missing."""
        kind, _, data = self.value()
        if kind not in (CHAR, MISSING):
            raise BadValue(f"has a value of type {kind} where text must be")
        if CONTROL.search(data):
            raise BadValue("has a control character in its text")
        return data


def check_values(value: Typed, samples: int = 1) -> None:
    """Checks that no value is reserved and that nothing follows an end of a vector. Raises BadValue."""
    if value.kind == CHAR:
        check_text(value)
    elif value.kind == MISSING or not ODD[value.kind].search(value.data):
        return
    elif value.kind == FLOAT:
        bits = np.frombuffer(value.data, FLOAT_BITS).reshape(samples, value.number)
        _check_ends(bits == END_FLOAT)
        if np.any((bits > END_FLOAT) & (bits <= LAST_RESERVED_FLOAT)):
            raise BadValue("has a reserved number among its floats")
    else:
        numbers = np.frombuffer(value.data, INTEGERS[value.kind]).reshape(samples, value.number)
        least = int(np.iinfo(INTEGERS[value.kind]).min)
        _check_ends(numbers == least + 1)
        if np.any((numbers > least + 1) & (numbers < least + 8)):
            raise BadValue("has a reserved number among its integers")


def check_text(value: Typed) -> None:
    """Text is padded with zero bytes at its end, and holds no control characters. Raises BadValue."""
    if not CONTROL.search(value.data):
        return
    for start in range(0, len(value.data), value.number):
        if CONTROL.search(value.data[start : start + value.number].rstrip(b"\0")):
            raise BadValue("has a control character in its text")


def check_genotypes(value: Typed, samples: int) -> None:
    """Genotypes are allele numbers plus one, shifted by the bit of phasing; 0 is missing. Raises BadValue."""
    if value.kind not in INTEGERS or not value.number:
        raise BadValue("has genotypes that are no integers")
    if value.data.isascii():
        return
    numbers = np.frombuffer(value.data, INTEGERS[value.kind]).reshape(samples, value.number)
    if np.any((numbers < 0) & (numbers > np.iinfo(INTEGERS[value.kind]).min + 1)):
        raise BadValue("has a genotype with a negative allele")


def _check_ends(ends: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> None:
    """An end of vector is never first, and only others of its kind follow it."""
    if np.any(ends[:, 0]):
        raise BadValue("has a vector that ends before its first value")
    if np.any(ends[:, :-1] & ~ends[:, 1:]):
        raise BadValue("has a value after the end of a vector")
