"""Validates and confirms bulk sheets: read the sheet, gather the facts, check it whole, then make all or nothing."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import msgspec

from accession.checklists.lookup import get_checklist
from accession.errors import Conflict, Malformed
from accession.repeats import begin, keep, look
from accession.sheets.applying import Made, apply
from accession.sheets.facts import Facts, gather
from accession.sheets.reader import read_sheet
from accession.sheets.rules import Outcome, check_sheet

if TYPE_CHECKING:
    from pathlib import Path

    from accession.actor import Actor
    from accession.checklists.fields import Checklist
    from accession.repeats import Kept, Named
    from accession.sheets.reader import Sheet
    from accession.sheets.report import SheetReport
    from accession.unit import Units


_OK = 200


class RefusedSheet(Malformed):
    """The sheet has faults; `report` is the whole report on it."""

    code = "invalid_sheet"

    def __init__(self, report: SheetReport) -> None:
        issues = report.all_issues()
        first = issues[0]
        where = f"row {first.row}: " if first.row else ""
        super().__init__(f"The sheet has {len(issues)} error{'s' * (len(issues) > 1)}; {where}{first.message}")
        self.report = report
        self.issues = issues


def checklist_named(checklist_id: str | None) -> Checklist:
    """The checklist of a form, or `Malformed` saying where they are listed."""
    checklist = get_checklist(checklist_id) if checklist_id else None
    if checklist is None:
        raise Malformed(f"'checklist_id' {checklist_id!r} is no checklist; GET /checklists lists them all.")
    return checklist


class Sheets:
    """The verbs of bulk submission for one caller. Reading and checking run in a thread, with no unit open."""

    def __init__(self, units: Units, actor: Actor) -> None:
        self.units = units
        self.actor = actor

    async def validate(
        self, path: Path, filename: str, checklist: Checklist, project_accession: str | None
    ) -> SheetReport:
        """The report on a sheet; nothing is stored."""
        sheet = await asyncio.to_thread(read_sheet, path, filename)
        outcome, _ = await self._check(sheet, checklist, project_accession, samples_only=False)
        return outcome.report

    async def confirm(
        self,
        path: Path,
        filename: str,
        checklist: Checklist,
        project_accession: str,
        *,
        samples_only: bool = False,
        named: Named | None = None,
    ) -> Made:
        """Make everything that a sheet says, in one transaction; the same sheet again makes nothing.

        Neither does the same request again where its caller has `named` it, whatever became of the records since.

        With `samples_only` the columns of libraries and files are left aside. Raises `RefusedSheet` with the report,
        or `Conflict` while a matched file is being verified. Where something changed between the check and the
        commit, the check is made once more.
        """
        if named is not None:
            async with self.units.reading(self.actor) as unit:
                kept = await look(unit, named)
            if kept is not None:
                return _made(kept)
        sheet = await asyncio.to_thread(read_sheet, path, filename)
        try:
            return await self._confirm_once(sheet, checklist, project_accession, named, samples_only=samples_only)
        except Conflict as conflict:
            if conflict.code == "file_not_ready":
                raise
            return await self._confirm_once(sheet, checklist, project_accession, named, samples_only=samples_only)

    async def _confirm_once(
        self, sheet: Sheet, checklist: Checklist, project_accession: str, named: Named | None, *, samples_only: bool
    ) -> Made:
        outcome, facts = await self._check(sheet, checklist, project_accession, samples_only=samples_only)
        if outcome.drafts is None or facts.scope is None:
            raise RefusedSheet(outcome.report)
        if outcome.pending_files:
            shown = ", ".join(outcome.pending_files[:5])
            message = f"{len(outcome.pending_files)} files are still being verified ({shown}); try again soon."
            raise Conflict(message, code="file_not_ready")
        async with self.units.writing(self.actor) as unit:
            kept = await begin(unit, named)
            if kept is not None:
                return _made(kept)
            made = await apply(unit, facts.scope, outcome.drafts)
            await keep(unit, named, msgspec.json.encode(made).decode(), _OK)
            return made

    async def _check(
        self, sheet: Sheet, checklist: Checklist, project_accession: str | None, *, samples_only: bool
    ) -> tuple[Outcome, Facts]:
        async with self.units.reading(self.actor) as unit:
            facts = await gather(unit, sheet, project_accession)
        outcome = await asyncio.to_thread(
            check_sheet,
            sheet,
            checklist,
            staged=facts.staged,
            samples=facts.samples,
            subjects=facts.subjects,
            libraries=facts.libraries,
            samples_only=samples_only,
        )
        return outcome, facts


def _made(kept: Kept) -> Made:
    return msgspec.json.decode(kept.subject, type=Made)
