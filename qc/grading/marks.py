"""Turns a number into a mark by two limits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from qc.results import Grade, Mark

Module = Callable[[Mapping[str, Any], Mapping[str, Any]], Grade | None]
"""One QC module: counts and metrics of a verdict in, a grade out, or None where its numbers were not measured."""


class Limits(msgspec.Struct, frozen=True):
    """Where a number begins to warn and to fail; a limit that is None is never reached.

    A number is abnormal above its limit, or below it where `below` is set; with `reached` the limit itself counts too.
    """

    warn: float | None
    fail: float | None = None
    below: bool = False
    reached: bool = False

    def mark(self, value: float) -> Mark:
        """Return the mark of a number."""
        if self._past(value, self.fail):
            return Mark.FAIL
        return Mark.WARN if self._past(value, self.warn) else Mark.PASS

    def told(self, mark: Mark) -> str:
        """Say which limit a mark stands for: `more than 10`, `27 or less`."""
        limit = self.fail if mark is Mark.FAIL else self.warn
        if self.reached:
            return f"{limit:g} or {'less' if self.below else 'more'}"
        return f"{'less' if self.below else 'more'} than {limit:g}"

    def _past(self, value: float, limit: float | None) -> bool:
        if limit is None:
            return False
        if self.reached and value == limit:
            return True
        return value < limit if self.below else value > limit


def graded(module: str, value: float, limits: Limits, *, what: str, unit: str = "") -> Grade:
    """Grade a number; the reason reads `WHAT is VALUE UNIT, LIMIT.`, and is left out where the mark is `pass`."""
    mark = limits.mark(value)
    reason = f"{what} is {round(value, 2):g}{unit}, {limits.told(mark)}." if mark is not Mark.PASS else None
    return Grade(module=module, mark=mark, value=round(value, 4), reason=reason)


def passed(module: str) -> Grade:
    """Grade a module in which nothing was found."""
    return Grade(module=module, mark=Mark.PASS)
