"""Reads verdicts and quality control of runs and projects, and the pages that show them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seqark_client.answers import ProjectQc, RunQc, Verdict

if TYPE_CHECKING:
    from seqark_client.session import Session


class Reports:
    """What validation and the quality-control tools found."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def run(self, accession: str) -> RunQc:
        """Give a run's quality control."""
        return self._session.call("GET", f"/runs/{accession}/qc", answer=RunQc)

    def project(self, accession: str) -> ProjectQc:
        """Give a project's quality control."""
        return self._session.call("GET", f"/projects/{accession}/qc", answer=ProjectQc)

    def validation(self, accession: str) -> Verdict:
        """Give what validation found in a run's file."""
        return self._session.call("GET", f"/runs/{accession}/validation", answer=Verdict)

    def page(self, report_url: str) -> str:
        """Get a report's page as a browser would: by its address alone."""
        return self._session.page(report_url).text
