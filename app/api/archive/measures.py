"""The query parameters that bound the numbers of runs, `min_…` and `max_…`, made from the list of these numbers."""

from __future__ import annotations

from inspect import Parameter, Signature
from typing import Annotated, Any, Literal

from litestar.di import Provide
from litestar.params import QueryParameter

from accession.files.measures import MEASURES

LARGEST = 2**53
QcStatusFilter = Annotated[
    Literal["pending", "running", "passed", "warned", "failed"] | None,
    QueryParameter(description="Only runs whose QC has this status."),
]
Bounds = dict[str, float | None]


def bounds() -> Provide:
    """The dependency that collects the bounds which a request sets, by the names of their parameters."""

    async def collected(**given: float | None) -> Bounds:
        return given

    parameters = [
        Parameter(
            f"{side}_{measure.name}", Parameter.KEYWORD_ONLY, default=None, annotation=_bound(words, measure.what)
        )
        for measure in MEASURES
        for side, words in (("min", "at least"), ("max", "at most"))
    ]
    told: dict[str, Any] = {parameter.name: parameter.annotation for parameter in parameters}
    collected.__annotations__ = {**told, "return": Bounds}
    collected.__signature__ = Signature(parameters, return_annotation=Bounds)  # type: ignore[attr-defined]
    return Provide(collected)


def _bound(words: str, what: str) -> Any:
    described = QueryParameter(description=f"Only runs with {words} this {what}.", ge=0, le=LARGEST)
    return Annotated[float | None, described]
