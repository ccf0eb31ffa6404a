"""Hands bulk sample sheets to the archive: template, trial run, submission."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from seqark_client.answers import SheetOutcome, SheetReport

if TYPE_CHECKING:
    from pathlib import Path

    from seqark_client.session import Session

_MEDIA_TYPES = {
    ".tsv": "text/tab-separated-values",
    ".csv": "text/csv",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


class Sheets:
    """Bulk submission."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def template(self, checklist_id: str, *, form: str = "tsv") -> bytes:
        """Get an empty sheet for a checklist, as `tsv`, `csv` or `xlsx`, with two example rows."""
        return self._session.send("GET", f"/bulk-submit/template/{checklist_id}", params={"format": form}).content

    def validate(self, sheet: Path, *, checklist_id: str, project_accession: str | None = None) -> SheetReport:
        """Ask what the archive would make of a sheet; nothing is stored."""
        form = _form(checklist_id, project_accession)
        return self._session.call("POST", "/bulk-submit/validate", answer=SheetReport, files=_files(sheet), data=form)

    def confirm(self, sheet: Path, *, checklist_id: str, project_accession: str) -> SheetOutcome:
        """Submit a sheet: all of it or nothing; the same sheet again gives the same accessions.

        Raises:
            BadRequest: the sheet has faults, named in `issues`.
            Conflict: a file that it names is still being verified.
        """
        form = _form(checklist_id, project_accession)
        return self._session.call("POST", "/bulk-submit/confirm", answer=SheetOutcome, files=_files(sheet), data=form)


def _form(checklist_id: str, project_accession: str | None) -> dict[str, str]:
    form = {"checklist_id": checklist_id}
    return form if project_accession is None else form | {"project_accession": project_accession}


def _files(sheet: Path) -> dict[str, Any]:
    media_type = _MEDIA_TYPES.get(sheet.suffix.lower(), "application/octet-stream")
    return {"file": (sheet.name, sheet.read_bytes(), media_type)}
