"""Reads BAI, CSI and TBI indexes, trusting no count in them (SAM specification 5.2, CSIv1, Tabix)."""

from __future__ import annotations

import struct
from array import array
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

if TYPE_CHECKING:
    Offsets = np.ndarray[Any, np.dtype[np.uint64]]

BAI_DEPTH = 5
MOST_DEPTH = 15
BIN = struct.Struct("<Ii")
CSI_BIN = struct.Struct("<IQi")


class Damaged(Exception):
    """An index cannot be read; the message goes on from 'the index', without a full stop."""


class Bins(msgspec.Struct):
    """What an index says: number of references, virtual offsets into the data, and records where it counts them.

    `mapped` and `unmapped` are those with a place, over all references, `counted` says whether any reference has them;
    `unplaced` is None where it is not told.
    """

    references: int
    offsets: array[int]
    mapped: int = 0
    unmapped: int = 0
    unplaced: int | None = None
    counted: bool = False


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def left(self) -> int:
        return len(self._data) - self._at

    def take(self, form: struct.Struct) -> tuple[int, ...]:
        self._need(form.size)
        values = form.unpack_from(self._data, self._at)
        self._at += form.size
        return values

    def count(self, size: int) -> int:
        """A number of things that take at least `size` bytes each, so that no more can be said than there is."""
        (count,) = self.take(struct.Struct("<i"))
        if not 0 <= count * size <= self.left():
            raise Damaged(f"says that {count} things follow where {self.left()} bytes are left")
        return count

    def skip(self, size: int) -> None:
        self._need(size)
        self._at += size

    def offsets(self, count: int) -> Offsets:
        self._need(8 * count)
        self._at += 8 * count
        return np.frombuffer(self._data, "<u8", count, self._at - 8 * count)

    def _need(self, size: int) -> None:
        if self.left() < size:
            raise Damaged("is cut short")


def read_bins(data: bytes) -> Bins:
    """Reads an uncompressed index whose magic is BAI, CSI or TBI. Raises Damaged."""
    reader = _Reader(data)
    reader.skip(4)
    depth, is_csi = BAI_DEPTH, data.startswith(b"CSI")
    if is_csi:
        _, depth, aux = reader.take(struct.Struct("<iii"))
        if not 0 <= depth <= MOST_DEPTH:
            raise Damaged(f"says that its bins are {depth} levels deep")
        if aux < 0:
            raise Damaged(f"says that {aux} bytes of other data follow")
        reader.skip(aux)
    references = reader.count(4)
    if data.startswith(b"TBI"):
        *_, names = reader.take(struct.Struct("<7i"))
        reader.skip(max(names, 0))
    bins = Bins(references, array("Q"))
    limit = ((1 << 3 * (depth + 1)) - 1) // 7
    for _ in range(references):
        _read_reference(reader, bins, limit, is_csi=is_csi)
    if reader.left() >= 8:
        (bins.unplaced,) = reader.take(struct.Struct("<Q"))
    if reader.left():
        raise Damaged(f"has {reader.left()} bytes behind its end")
    return bins


def _read_reference(reader: _Reader, bins: Bins, limit: int, *, is_csi: bool) -> None:
    """Adds what is said of one reference, in bins and a linear index, to `bins`; `limit` is the number of bins."""
    seen: set[int] = set()
    for _ in range(reader.count(CSI_BIN.size if is_csi else BIN.size)):
        number, *loffset, chunks = reader.take(CSI_BIN if is_csi else BIN)
        if number in seen:
            raise Damaged(f"has the bin {number} twice")
        seen.add(number)
        if chunks < 0:
            raise Damaged(f"has a bin of {chunks} chunks")
        offsets = reader.offsets(2 * chunks)
        if number == limit + 1:
            if chunks != 2:
                raise Damaged(f"has {chunks} chunks in its bin of counts instead of 2")
            bins.counted = True
            bins.mapped += int(offsets[2])
            bins.unmapped += int(offsets[3])
            continue
        if number >= limit:
            raise Damaged(f"has the bin {number} where {limit} are possible")
        if np.any(offsets[0::2] > offsets[1::2]):
            raise Damaged(f"has a chunk in bin {number} that ends before it begins")
        bins.offsets.frombytes(offsets.tobytes())
        bins.offsets.extend(offset for offset in loffset if offset)
    if not is_csi:
        linear = reader.offsets(reader.count(8))
        linear = linear[linear != 0]
        if np.any(linear[1:] < linear[:-1]):
            raise Damaged("has a linear index that goes backwards")
        bins.offsets.frombytes(linear.tobytes())
