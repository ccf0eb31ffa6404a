"""Finds records by what they say, and reports runs with their files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seqark_client.session import Session


class Hit(msgspec.Struct, frozen=True):
    """A record that was found; `snippet` is plain text around what was asked for."""

    type: str
    accession: str
    title: str
    snippet: str = ""


class SearchPage(msgspec.Struct, frozen=True):
    """One page of hits, and how many there are in all."""

    query: str
    total: int
    results: tuple[Hit, ...] = ()


class RunFile(msgspec.Struct, frozen=True):
    """A run with its file, experiment, sample and project; None for what was not asked for or is not there."""

    run_accession: str | None = None
    experiment_accession: str | None = None
    sample_accession: str | None = None
    project_accession: str | None = None
    organism: str | None = None
    tax_id: int | None = None
    file_type: str | None = None
    filename: str | None = None
    file_path: str | None = None
    file_size: int | None = None
    checksum_md5: str | None = None
    checksum_sha256: str | None = None
    download_url: str | None = None
    platform: str | None = None
    instrument_model: str | None = None
    library_strategy: str | None = None
    library_layout: str | None = None


class Finding:
    """Search and file reports."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def search(self, query: str, *, types: Sequence[str] = (), page: int = 1, per_page: int = 20) -> SearchPage:
        """Look for words, `"phrases"`, beginnings* or an accession, in all kinds of records or in some `types`."""
        params: dict[str, str | int] = {"q": query, "page": page, "per_page": per_page}
        if types:
            params["type"] = ",".join(types)
        return self._session.call("GET", "/search", answer=SearchPage, params=params)

    def filereport(self, accession: str, *, fields: Sequence[str] = (), limit: int = 0) -> list[RunFile]:
        """Give the runs below a project, subject, sample or experiment, or one run; all of them with a `limit` of 0."""
        params: dict[str, str | int] = {"accession": accession, "result": "read_run", "limit": limit}
        if fields:
            params["fields"] = ",".join(fields)
        return self._session.call("GET", "/filereport", answer=list[RunFile], params=params)
