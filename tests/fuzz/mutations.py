"""Changes of bytes and of lines: each takes a random generator and the data, and returns the damaged data."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    Mutation = Callable[[Random, bytes], bytes]

LONGEST = 64  # bytes of a range that is zeroed, moved or inserted
TELLING_BYTES = b"\0\t\n\r @+>#*.,;:|/=-0123456789ACGTNacgtn\x7f\x80\xff"


def flip_bit(rng: Random, data: bytes) -> bytes:
    """Flips one bit."""
    at = rng.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << rng.randrange(8)]) + data[at + 1 :]


def change_byte(rng: Random, data: bytes) -> bytes:
    """Puts another byte, often one that means something in text, in the place of one."""
    at = rng.randrange(len(data))
    return data[:at] + bytes([_byte(rng)]) + data[at + 1 :]


def insert_bytes(rng: Random, data: bytes) -> bytes:
    """Puts in a few bytes, at times the same one many times."""
    at = rng.randrange(len(data) + 1)
    count = rng.choice((1, 1, 2, 5, LONGEST))
    new = bytes([_byte(rng)]) * count if rng.random() < 0.5 else bytes(_byte(rng) for _ in range(count))
    return data[:at] + new + data[at:]


def remove_bytes(rng: Random, data: bytes) -> bytes:
    """Takes out a range."""
    start, end = _range(rng, data)
    return data[:start] + data[end:]


def zero_bytes(rng: Random, data: bytes) -> bytes:
    """Fills a range with NUL."""
    start, end = _range(rng, data)
    return data[:start] + bytes(end - start) + data[end:]


def repeat_bytes(rng: Random, data: bytes) -> bytes:
    """Writes a range twice."""
    start, end = _range(rng, data)
    return data[:end] + data[start:]


def swap_bytes(rng: Random, data: bytes) -> bytes:
    """Changes two neighbouring ranges of one size about."""
    start, end = _range(rng, data)
    size = min(end - start, len(data) - end)
    return data[:start] + data[start + size : start + 2 * size] + data[start : start + size] + data[start + 2 * size :]


def truncate(rng: Random, data: bytes) -> bytes:
    """Cuts the end off, anywhere or near it."""
    if rng.random() < 0.3:
        return data[: -rng.randint(1, min(40, len(data)))]
    return data[: rng.randrange(len(data))]


def append_bytes(rng: Random, data: bytes) -> bytes:
    """Adds bytes behind the end."""
    return data + (rng.randbytes(rng.randint(1, LONGEST)) if rng.random() < 0.5 else bytes(rng.randint(1, LONGEST)))


def drop_line(rng: Random, data: bytes) -> bytes:
    """Takes one line out."""
    return _with_lines(data, lambda lines: lines.pop(rng.randrange(len(lines))))


def repeat_line(rng: Random, data: bytes) -> bytes:
    """Writes one line twice, at once or elsewhere."""

    def change(lines: list[bytes]) -> None:
        at = rng.randrange(len(lines))
        lines.insert(at if rng.random() < 0.5 else rng.randrange(len(lines)), lines[at])

    return _with_lines(data, change)


def swap_lines(rng: Random, data: bytes) -> bytes:
    """Changes two lines about, half of the time neighbours."""

    def change(lines: list[bytes]) -> None:
        first = rng.randrange(len(lines))
        second = min(first + 1, len(lines) - 1) if rng.random() < 0.5 else rng.randrange(len(lines))
        lines[first], lines[second] = lines[second], lines[first]

    return _with_lines(data, change)


def cut_line(rng: Random, data: bytes) -> bytes:
    """Cuts the end off one line, or lengthens it by what it begins with."""

    def change(lines: list[bytes]) -> None:
        at = rng.randrange(len(lines))
        end = rng.randrange(len(lines[at]) + 1)
        lines[at] = lines[at][:end] if rng.random() < 0.5 else lines[at] + lines[at][:end]

    return _with_lines(data, change)


def blank_line(rng: Random, data: bytes) -> bytes:
    """Puts in an empty line, or one of blanks."""
    return _with_lines(data, lambda lines: lines.insert(rng.randrange(len(lines) + 1), rng.choice((b"", b" ", b"\t"))))


def change_field(rng: Random, data: bytes) -> bytes:
    """Drops, repeats or swaps a field of a line, or puts one of another line in its place."""

    def change(lines: list[bytes]) -> None:
        at = rng.randrange(len(lines))
        mark = rng.choice((b"\t", b"\t", b":", b";", b","))
        fields = lines[at].split(mark)
        here, other = rng.randrange(len(fields)), rng.choice(lines).split(mark)
        kind = rng.randrange(4)
        if kind == 0:
            del fields[here]
        elif kind == 1:
            fields.insert(here, fields[here])
        elif kind == 2:
            there = rng.randrange(len(fields))
            fields[here], fields[there] = fields[there], fields[here]
        else:
            fields[here] = rng.choice(other)
        lines[at] = mark.join(fields)

    return _with_lines(data, change)


def change_number(rng: Random, data: bytes) -> bytes:
    """Puts a number that is at a border of something in the place of a field that is one."""
    numbers = (b"-1", b"0", b"1", b"255", b"65536", b"2147483647", b"2147483648", b"4294967296", b"1e400", b"nan", b".")

    def change(lines: list[bytes]) -> None:
        at = rng.randrange(len(lines))
        mark = rng.choice((b"\t", b"\t", b":", b";", b",", b"="))
        fields = lines[at].split(mark)
        where = [index for index, field in enumerate(fields) if field.isdigit()]
        if where:
            fields[rng.choice(where)] = rng.choice(numbers)
        lines[at] = mark.join(fields)

    return _with_lines(data, change)


OF_BYTES: tuple[Mutation, ...] = (
    flip_bit,
    flip_bit,
    change_byte,
    insert_bytes,
    remove_bytes,
    zero_bytes,
    repeat_bytes,
    swap_bytes,
    truncate,
    append_bytes,
)
OF_LINES: tuple[Mutation, ...] = (
    drop_line,
    repeat_line,
    swap_lines,
    cut_line,
    blank_line,
    change_field,
    change_field,
    change_number,
)


def _byte(rng: Random) -> int:
    return rng.choice(TELLING_BYTES) if rng.random() < 0.7 else rng.randrange(256)


def _range(rng: Random, data: bytes) -> tuple[int, int]:
    start = rng.randrange(len(data))
    return start, min(len(data), start + rng.randint(1, LONGEST))


def _with_lines(data: bytes, change: Callable[[list[bytes]], object]) -> bytes:
    """The text with its lines changed; the last newline stays where it was."""
    lines = data.split(b"\n")
    end = lines.pop() if len(lines) > 1 else None
    change(lines)
    return b"\n".join([*lines, *([] if end is None else [end])])
