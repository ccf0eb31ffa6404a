"""`/checklists`: what a sample must say, as a list and as JSON Schema."""

from __future__ import annotations

from litestar import Controller, get
from litestar.params import FromPath

from accession.checklists.fields import Checklist
from accession.checklists.lookup import all_checklists, get_checklist
from accession.checklists.schema import checklist_schema
from accession.errors import NotFound
from app.api.archive.errors import problems
from app.api.archive.structs.sheets import ChecklistDetailOut, ChecklistFieldOut, ChecklistOut, Schema


class Checklists(Controller):
    """The checklists that samples are described by."""

    path = "/checklists"
    tags = ("Checklists",)

    @get("/", summary="List checklists", responses=problems(), sync_to_thread=False)
    def list_checklists(self) -> list[ChecklistOut]:
        """All checklists: those of ENA, and the archive's own."""
        return [ChecklistOut(c.id, c.name, c.title, list(c.required_fields)) for c in all_checklists()]

    @get("/{checklist:str}", summary="Get a checklist", responses=problems(404), sync_to_thread=False)
    def get_one(self, checklist: FromPath[str]) -> ChecklistDetailOut:
        """One checklist with its fields."""
        found = _named(checklist)
        fields = [
            ChecklistFieldOut(f.name, f.label, f.requirement.value, f.kind.value, list(f.choices)) for f in found.fields
        ]
        return ChecklistDetailOut(found.id, found.name, found.title, list(found.required_fields), fields)

    @get("/{checklist:str}/schema", summary="Get its JSON Schema", responses=problems(404), sync_to_thread=False)
    def get_schema(self, checklist: FromPath[str]) -> Schema:
        """The checklist as JSON Schema 2020-12."""
        return checklist_schema(_named(checklist))


def _named(checklist: str) -> Checklist:
    found = get_checklist(checklist)
    if found is None:
        raise NotFound(f"There is no checklist {checklist[:80]!r}; GET /checklists lists them all.")
    return found
