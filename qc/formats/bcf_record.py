"""Checks one BCF record, field by field (VCF 4.5, section 6.3.1), so that the decoder meets only what is sound."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from qc.formats.base import shown
from qc.formats.bcf_values import (
    CHAR,
    INTEGERS,
    KINDS,
    LAST_RESERVED_FLOAT,
    MISSING,
    MISSING_FLOAT,
    BadValue,
    Typed,
    TypedBytes,
    check_genotypes,
    check_values,
)

if TYPE_CHECKING:
    from qc.formats.bcf_dictionary import BcfDictionary
    from qc.formats.vcf_declared import VcfHeader

FIXED = struct.Struct("<iiiIHHI")


class BcfRecordCheck:
    """Checks records against one header and its dictionary. Raises BadValue."""

    def __init__(self, header: VcfHeader, dictionary: BcfDictionary) -> None:
        self._header = header
        self._dictionary = dictionary

    def check(self, shared: bytes, individual: bytes) -> None:
        """Checks a record: `shared` holds its place, alleles and INFO, `individual` its samples."""
        chrom, position, length, quality, infos, alleles, rest = FIXED.unpack_from(shared)
        samples, formats = rest & 0xFFFFFF, rest >> 24
        if chrom not in self._dictionary.contigs:
            raise BadValue(f"has CHROM {chrom}, which no ##contig line declares", "record_place")
        if position < -1 or length < 0:
            raise BadValue(f"has POS {position + 1} and the length {length}", "record_place")
        if MISSING_FLOAT < quality <= LAST_RESERVED_FLOAT:
            raise BadValue("has a reserved number as QUAL")
        if samples != len(self._header.samples):
            names = len(self._header.samples)
            raise BadValue(f"has {samples} samples but the header names {names}", "sample_count")
        if not alleles:
            raise BadValue("has no alleles")
        self._check_shared(TypedBytes(shared[FIXED.size :]), alleles, infos)
        self._check_individual(TypedBytes(individual), formats, samples)

    def _check_shared(self, part: TypedBytes, alleles: int, infos: int) -> None:
        part.text()
        texts = [part.text() for _ in range(alleles)]
        if not all(texts):
            raise BadValue("has an allele without bases")
        self._check_filters(part.value())
        for _ in range(infos):
            kind = self._declared(b"INFO", part.integer())
            value = part.value()
            if value.kind not in (*KINDS.get(kind, (CHAR,)), MISSING):
                raise BadValue(f"has a value of type {value.kind} where the header says {shown(kind)}")
            check_values(value)
        if part.left:
            raise BadValue(f"has {part.left} bytes left after INFO")

    def _check_filters(self, value: Typed) -> None:
        if value.kind == MISSING and not value.number:
            return
        if value.kind not in INTEGERS:
            raise BadValue("has filters that are no integers")
        size = INTEGERS[value.kind].itemsize
        for at in range(0, len(value.data), size):
            index = int.from_bytes(value.data[at : at + size], "little", signed=True)
            name = self._dictionary.strings.get(index)
            if name is None or (index and name not in self._header.filters):
                raise BadValue(f"has the filter {index}, which no ##FILTER line declares")

    def _check_individual(self, part: TypedBytes, formats: int, samples: int) -> None:
        for _ in range(formats):
            index = part.integer()
            kind = self._declared(b"FORMAT", index)
            value = part.value(samples)
            if self._dictionary.strings[index] == b"GT" and value.kind != CHAR:
                check_genotypes(value, samples)
            elif value.kind not in (*KINDS.get(kind, (CHAR,)), MISSING):
                raise BadValue(f"has samples of type {value.kind} where the header says {shown(kind)}")
            check_values(value, samples)
        if part.left:
            raise BadValue(f"has {part.left} bytes left after its samples")

    def _declared(self, section: bytes, index: int) -> bytes:
        """The Type of a key by its number."""
        name = self._dictionary.strings.get(index)
        definition = self._header.definitions[section].get(name) if name is not None else None
        if definition is None:
            raise BadValue(f"has the {shown(section)} key {index}, which no ##{shown(section)} line declares")
        return definition.kind
