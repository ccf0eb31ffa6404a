"""Says which fragment the name of a read stands for, and sums the fragments of a file up in a digest.

A name counts up to its first blank. The marks of the two ends, `/1` and `/2` (old Illumina, MGI), `.1` and `.2` (SRA),
`_1` and `_2`, or any of them with an R before the number, are written alike; Casava 1.8 puts the end behind the blank.
So mates have the same fragment, and the two files of a pair have the same digest.
"""

from __future__ import annotations

import re
from hashlib import blake2b
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_MARKS = (b"/", b".", b"_", b"/R", b".R", b"_R")
_WORD = re.compile(rb"@[ \t]*([^ \t]*)")


def fragments(lines: Sequence[bytes]) -> bytes:
    """The fragment of each name line ('@' and a name, no newline), each behind '@' and ended by a newline."""
    text = b"\n".join(lines)
    if b"\t" in text or b"@ " in text:
        words = [b"@" + found.group(1) for line in lines if (found := _WORD.match(line))]
        text = b"\n".join(words)
    elif b" " in text:
        text = b"\n".join([line.partition(b" ")[0] for line in lines])
    text += b"\n"
    for mark in _MARKS:
        text = text.replace(mark + b"2\n", mark + b"1\n")
    return text


class NamesDigest:
    """The BLAKE2b-128 of the fragments of all reads in their order."""

    def __init__(self) -> None:
        self._hash = blake2b(digest_size=16)

    def add(self, lines: Sequence[bytes]) -> None:
        """Adds the name lines of the next reads; how many come at a time makes no difference."""
        if lines:
            self.update(fragments(lines))

    def update(self, text: bytes) -> None:
        """Adds the fragments of the next reads, as `fragments` gives them."""
        self._hash.update(text)

    def hexdigest(self) -> str:
        """32 hexadecimal digits."""
        return self._hash.hexdigest()
