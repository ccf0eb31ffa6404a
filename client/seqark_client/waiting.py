"""Waits, with growing pauses and a deadline, until the archive has made up its mind."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, TypeVar

from seqark_client.errors import NotSettled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from seqark_client.answers import ProjectQc, RunQc, StagedFile
    from seqark_client.patience import Patience
    from seqark_client.reports import Reports
    from seqark_client.uploads import Uploads

T = TypeVar("T")


class Waiting:
    """Polls until settled; every deadline is in seconds from the call.

    Each is asked at least once, also when the deadline has passed.
    """

    def __init__(self, uploads: Uploads, reports: Reports, patience: Patience) -> None:
        self._uploads = uploads
        self._reports = reports
        self._patience = patience

    def for_files(
        self, ids: Iterable[str], *, deadline: float = 300.0, settled: Callable[[StagedFile], None] | None = None
    ) -> list[StagedFile]:
        """Wait for the verdict of each staged file; `settled` is told of each as it comes. Order as given."""
        end = self._patience.clock() + deadline
        return [
            self._told(
                settled,
                self.until(
                    partial(self._uploads.get, name),
                    lambda file: file.status.settled,
                    deadline=end - self._patience.clock(),
                    what=f"the verdict on staged file {name}",
                ),
            )
            for name in ids
        ]

    def for_runs(
        self, accessions: Iterable[str], *, deadline: float = 600.0, settled: Callable[[RunQc], None] | None = None
    ) -> list[RunQc]:
        """Wait until quality control of each run has ended. Order as given."""
        end = self._patience.clock() + deadline
        return [
            self._told(
                settled,
                self.until(
                    partial(self._reports.run, accession),
                    lambda qc: qc.status.settled,
                    deadline=end - self._patience.clock(),
                    what=f"the QC of {accession}",
                ),
            )
            for accession in accessions
        ]

    def for_project(self, accession: str, *, deadline: float = 600.0) -> ProjectQc:
        """Wait until quality control of all of a project's runs has ended and the page over them is there."""
        return self.until(
            lambda: self._reports.project(accession),
            lambda qc: qc.status.settled and qc.report_url is not None,
            deadline=deadline,
            what=f"the QC page of {accession}",
        )

    def until(self, ask: Callable[[], T], done: Callable[[T], bool], *, deadline: float, what: str) -> T:
        """Ask until `done` says so.

        Raises:
            NotSettled: the deadline passed first.
        """
        end = self._patience.clock() + deadline
        for wait in self._patience.waits():
            answer = ask()
            if done(answer):
                return answer
            left = end - self._patience.clock()
            if left <= 0:
                raise NotSettled(f"Waited until the deadline for {what}, and it has not come")
            self._patience.sleep(min(wait, left))
        raise AssertionError  # pragma: no cover - waits() never ends

    @staticmethod
    def _told(settled: Callable[[T], None] | None, answer: T) -> T:
        if settled is not None:
            settled(answer)
        return answer
