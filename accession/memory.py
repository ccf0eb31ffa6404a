"""Remembers values that hold until something is committed, each under a mark that grows with every such commit."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any


class Memory:
    """At most `most` values of one process; the least recently used gives way."""

    def __init__(self, most: int = 2000) -> None:
        self._most = most
        self._kept: OrderedDict[object, tuple[int, Any]] = OrderedDict()

    def recall(self, key: object, mark: int) -> Any:
        """The value that was remembered under the same mark, or None."""
        known = self._kept.get(key)
        if known is None or known[0] != mark:
            return None
        self._kept.move_to_end(key)
        return known[1]

    def remember(self, key: object, mark: int, value: Any) -> None:
        """Keep a value that was found after its mark was read."""
        self._kept[key] = (mark, value)
        self._kept.move_to_end(key)
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)
