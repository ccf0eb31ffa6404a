"""Says how often and how soon a call that failed for a passing reason is tried again."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from seqark_client.errors import SeqarkError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Patience:
    """`tries` in all, with waits in seconds that double from `first_wait` to `longest_wait`, each shortened by chance.

    `sleep` and `clock` can be replaced, so that a test need not wait.
    """

    tries: int = 5
    first_wait: float = 0.2
    longest_wait: float = 5.0
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic

    def waits(self) -> Iterator[float]:
        """Give the wait before each further try, without end."""
        wait = self.first_wait
        while True:
            yield wait * random.uniform(0.5, 1.0)  # noqa: S311 - spreads clients, guards nothing
            wait = min(wait * 2, self.longest_wait)

    def keep_trying(self, action: Callable[[], T], *, after: type[SeqarkError] = SeqarkError) -> T:
        """Run `action` until it gives a result, the tries are used up, or it fails otherwise than passingly `after`."""
        for number, wait in enumerate(self.waits(), start=1):
            try:
                return action()
            except SeqarkError as failure:
                if not (failure.passing and isinstance(failure, after)) or number >= self.tries:
                    raise
                self.sleep(max(wait, getattr(failure, "retry_after", None) or 0.0))
        raise AssertionError  # pragma: no cover - waits() never ends
