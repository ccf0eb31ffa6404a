"""The wire shapes of a project's FAIR score."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

Letter = Literal["F", "A", "I", "R"]


class FairCheckOut(msgspec.Struct, frozen=True):
    """One check: `count` of `of` things hold it; `score` is from 0 to 1, `passed` says that nothing is left."""

    id: str
    principle: Letter
    title: str
    weight: int
    score: float
    passed: bool
    detail: str
    count: int
    of: int


class FairPrinciplesOut(msgspec.Struct, frozen=True):
    """The score of each letter, from 0 to 100: findable, accessible, interoperable, reusable."""

    F: float
    A: float
    I: float  # noqa: E741  # the wire's name
    R: float


class FairOut(msgspec.Struct, frozen=True):
    """A project's FAIR score, the weighted mean of its checks from 0 to 100.

    `scope` is `whole` for readers of the whole project, else `visible`: only what the caller may see was counted.
    Of `samples`, `samples_read` were looked at field by field, the newest.
    """

    accession: str
    score: float
    principles: FairPrinciplesOut
    checks: list[FairCheckOut]
    scope: Literal["whole", "visible"]
    samples: int
    samples_read: int
    computed_at: datetime
