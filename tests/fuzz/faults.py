"""Seeded faults of a good file: what is changed where follows from the seed, the file and the fault's number alone."""

from __future__ import annotations

import gzip
from random import Random
from typing import TYPE_CHECKING, NamedTuple

from tests.fuzz import containers, crams
from tests.fuzz.mutations import OF_BYTES, OF_LINES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.fuzz.mutations import Mutation
    from tests.fuzz.samples import Sample


class Plan(NamedTuple):
    """How files of a kind are damaged: outside, and inside with every checksum made anew by `pack`."""

    outside: tuple[Mutation, ...]
    inside: tuple[Mutation, ...] = ()
    unpack: Callable[[bytes], bytes] = bytes
    pack: Callable[[bytes], bytes] = bytes
    sealed: bool = True


class Fault(NamedTuple):
    """A damaged file. `sealed` says that a checksum covers the change, so that it cannot pass for another good file."""

    sample: Sample
    number: int
    mutation: str
    data: bytes
    sealed: bool


_OF_TEXT = OF_BYTES + OF_LINES
_OF_PACKED = OF_BYTES + containers.OF_MEMBERS
_MOVING = (containers.move_members, crams.move_containers)
_PLAIN = Plan(_OF_TEXT, sealed=False)
_PLANS = {
    "fastq": _PLAIN,
    "fastq.gz": Plan(_OF_PACKED, _OF_TEXT, gzip.decompress, containers.pack_gzip),
    "fastq.bgzf": Plan(_OF_PACKED, _OF_TEXT, gzip.decompress, containers.pack_bgzf),
    "sam": _PLAIN,
    "bam": Plan(_OF_PACKED, OF_BYTES + containers.OF_BAM, gzip.decompress, containers.pack_bgzf),
    "cram": Plan(OF_BYTES + crams.OF_CONTAINERS, crams.OF_BLOCKS),
    "vcf": _PLAIN,
    "vcf.gz": Plan(_OF_PACKED, _OF_TEXT, gzip.decompress, containers.pack_bgzf),
    "bcf": Plan(_OF_PACKED, OF_BYTES + containers.OF_BCF, gzip.decompress, containers.pack_bgzf),
}
_CRAM_WITHOUT_CHECKSUMS = Plan(OF_BYTES, sealed=False)


def faults(sample: Sample, seed: int, count: int) -> Iterator[Fault]:
    """`count` damaged copies, each of other bytes than the good file."""
    plan = _PLANS[sample.kind]
    if sample.kind == "cram" and not crams.has_checksums(sample.data):
        plan = _CRAM_WITHOUT_CHECKSUMS
    unpacked = plan.unpack(sample.data)
    for number in range(count):
        rng = Random(f"{seed}:{sample.kind}:{sample.name}:{number}")
        data = sample.data
        while data == sample.data:
            if plan.inside and rng.random() < 0.5:
                mutation, sealed = rng.choice(plan.inside), False
                data = plan.pack(mutation(rng, unpacked))
            else:
                mutation = rng.choice(plan.outside)
                data = mutation(rng, sample.data)
                sealed = plan.sealed and mutation not in _MOVING and not _only_members_of(data, sample)
        yield Fault(sample, number, mutation.__name__, data, sealed)


def cuts(sample: Sample) -> Iterator[Fault]:
    """The file cut at every border of its BGZF blocks or CRAM containers, the one before the last among them."""
    is_cram = sample.kind == "cram"
    if is_cram and not crams.has_checksums(sample.data):
        return
    pieces = crams.containers(sample.data) if is_cram else containers.members(sample.data)
    start = sample.data[: crams.DEFINITION] if is_cram else b""
    for number in range(len(pieces)):
        yield Fault(sample, number, "cut", start + b"".join(pieces[:number]), sealed=True)


def _only_members_of(data: bytes, sample: Sample) -> bool:
    """Says whether a change moved, repeated or dropped whole gzip members, which no checksum covers."""
    return sample.kind != "cram" and set(containers.members(data)) <= set(containers.members(sample.data))
