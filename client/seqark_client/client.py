"""Ties the client's parts together: one object a caller makes for one archive."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seqark_client.downloads import Downloads
from seqark_client.finding import Finding
from seqark_client.patience import Patience
from seqark_client.records import Records
from seqark_client.reports import Reports
from seqark_client.session import Session
from seqark_client.sheets import Sheets
from seqark_client.store import store_client
from seqark_client.uploads import Uploads
from seqark_client.waiting import Waiting

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self


class Client:
    """An archive, as its caller sees it; use it as a context to close its connections.

    Parts: `session` (sign in), `projects` … `runs` (records), `uploads`, `sheets`, `reports`, `waiting`, `downloads`;
    `search` and `filereport`.
    """

    def __init__(
        self,
        base_url: str,
        token: str | None = None,
        *,
        timeout: float = 30.0,
        workers: int = 4,
        part_size: int | None = None,
        patience: Patience | None = None,
    ) -> None:
        patience = patience or Patience()
        self.session = Session(base_url, token=token, timeout=timeout, patience=patience)
        self._store = store_client()
        records = Records(self.session)
        self.projects, self.subjects, self.samples = records.projects, records.subjects, records.samples
        self.experiments, self.runs = records.experiments, records.runs
        self.uploads = Uploads(self.session, self._store, workers=workers, part_size=part_size)
        self.sheets = Sheets(self.session)
        self.reports = Reports(self.session)
        finding = Finding(self.session)
        self.search, self.filereport = finding.search, finding.filereport
        self.waiting = Waiting(self.uploads, self.reports, patience)
        self.downloads = Downloads(self.session, self._store, self.runs)

    def close(self) -> None:
        """Close all connections."""
        self.session.close()
        self._store.close()

    def __enter__(self) -> Self:
        """Give the client itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close all connections."""
        self.close()
