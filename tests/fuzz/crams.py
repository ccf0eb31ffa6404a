"""Changes of whole CRAM containers, and of what is in them with the checksums made anew (CRAMv3, sections 6 to 8)."""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING

from tests.fuzz.containers import moved
from tests.fuzz.mutations import change_byte, flip_bit, zero_bytes

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

DEFINITION = 26
CRC = 4


def has_checksums(data: bytes) -> bool:
    """Says whether the file is of version 3, whose containers and blocks end in a CRC-32."""
    return data[4] >= 3


def containers(data: bytes) -> list[bytes]:
    """The containers of a sound CRAM 3 file."""
    found, at = [], DEFINITION
    while at < len(data):
        end = at + _header_size(data[at:]) + struct.unpack_from("<i", data, at)[0]
        found.append(data[at:end])
        at = end
    return found


def move_containers(rng: Random, data: bytes) -> bytes:
    """Swaps, repeats, drops or cuts off whole containers."""
    return data[:DEFINITION] + moved(rng, containers(data))


def change_block(rng: Random, data: bytes) -> bytes:
    """Changes the header or the data of one block and makes its CRC anew."""

    def change(container: bytes) -> bytes:
        start, data_at, end = rng.choice(_blocks(container))
        split = data_at if rng.random() < 0.8 and end > data_at else start
        body = container[start:split] + _same_size(rng, container[split:end])
        return container[:start] + body + _crc(body) + container[end + CRC :]

    return _with_container(rng, data, change)


def change_container_header(rng: Random, data: bytes) -> bytes:
    """Changes the header of one container and makes its CRC anew."""

    def change(container: bytes) -> bytes:
        size = _header_size(container)
        head = _same_size(rng, container[: size - CRC])
        return head + _crc(head) + container[size:]

    return _with_container(rng, data, change)


def _with_container(rng: Random, data: bytes, change: Callable[[bytes], bytes]) -> bytes:
    parts = containers(data)
    at = rng.randrange(len(parts))
    return data[:DEFINITION] + b"".join([*parts[:at], change(parts[at]), *parts[at + 1 :]])


def _same_size(rng: Random, data: bytes) -> bytes:
    return rng.choice((flip_bit, flip_bit, change_byte, zero_bytes))(rng, data)


def _crc(data: bytes) -> bytes:
    return struct.pack("<I", zlib.crc32(data))


def _header_size(container: bytes) -> int:
    at = 4
    for _ in range(4):  # reference, start, span, records
        _, at = _integer(container, at)
    for _ in range(2):  # record counter and bases, of up to 64 bits
        at += 1 + _leading_ones(container[at])
    _, at = _integer(container, at)
    landmarks, at = _integer(container, at)
    for _ in range(landmarks):
        _, at = _integer(container, at)
    return at + CRC


def _blocks(container: bytes) -> list[tuple[int, int, int]]:
    """Of each block where it starts, where its data starts and where that ends."""
    found, at = [], _header_size(container)
    while at < len(container):
        _, after = _integer(container, at + 2)
        size, after = _integer(container, after)
        _, data_at = _integer(container, after)
        found.append((at, data_at, data_at + size))
        at = data_at + size + CRC
    return found


def _integer(data: bytes, at: int) -> tuple[int, int]:
    """An ITF8 number and where it ends (CRAMv3, section 2.3)."""
    more = min(4, _leading_ones(data[at]))
    if more == 4:
        return ((data[at] & 15) << 28 | int.from_bytes(data[at + 1 : at + 4]) << 4 | data[at + 4] & 15), at + 5
    return (data[at] & (0xFF >> more + 1)) << 8 * more | int.from_bytes(data[at + 1 : at + 1 + more]), at + 1 + more


def _leading_ones(byte: int) -> int:
    return 8 - (byte ^ 0xFF).bit_length()


OF_CONTAINERS = (move_containers,)
OF_BLOCKS = (change_block, change_block, change_block, change_container_header)
