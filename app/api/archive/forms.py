"""Documents what handlers read or write by themselves: multipart forms as they stream, and sheets."""

from __future__ import annotations

from dataclasses import dataclass

from litestar.openapi.spec import OpenAPIMediaType, OpenAPIResponse, Operation, RequestBody, Schema
from litestar.openapi.spec.enums import OpenAPIFormat, OpenAPIType

TSV = "text/tab-separated-values"
CSV = "text/csv"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FILE = Schema(type=OpenAPIType.STRING, format=OpenAPIFormat.BINARY, description="The file, with its name.")
CHECKSUM = Schema(type=OpenAPIType.STRING, description="The MD5 that the bytes must have.", pattern="^[0-9a-fA-F]{32}$")
CHECKLIST = Schema(
    type=OpenAPIType.STRING, description="The checklist that the rows are checked against.", examples=["ERC000011"]
)
PROJECT = Schema(
    type=OpenAPIType.STRING, description="The project that the samples go into.", examples=["NFDP-PRJ-000002"]
)


@dataclass
class UploadOperation(Operation):
    """One file of any size, with the MD5 that it should have."""

    def __post_init__(self) -> None:
        self.request_body = _form({"file": FILE, "checksum_md5": CHECKSUM}, ["file"])


@dataclass
class TrialOperation(Operation):
    """A sheet to be checked; without a project it is checked by itself."""

    def __post_init__(self) -> None:
        form = {"file": FILE, "checklist_id": CHECKLIST, "project_accession": PROJECT}
        self.request_body = _form(form, ["file", "checklist_id"])


@dataclass
class SheetOperation(Operation):
    """A sheet to be submitted into a project."""

    def __post_init__(self) -> None:
        form = {"file": FILE, "checklist_id": CHECKLIST, "project_accession": PROJECT}
        self.request_body = _form(form, ["file", "checklist_id", "project_accession"])


@dataclass
class TemplateOperation(Operation):
    """A sheet in the format that is asked for."""

    def __post_init__(self) -> None:
        sheet = (self.responses or {}).get("200")
        if isinstance(sheet, OpenAPIResponse):
            text, binary = Schema(type=OpenAPIType.STRING), Schema(type=OpenAPIType.STRING, format=OpenAPIFormat.BINARY)
            sheet.content = {kind: OpenAPIMediaType(schema=text) for kind in (TSV, CSV)}
            sheet.content[XLSX] = OpenAPIMediaType(schema=binary)


def _form(properties: dict[str, Schema], required: list[str]) -> RequestBody:
    form = Schema(type=OpenAPIType.OBJECT, properties=dict(properties), required=required)
    return RequestBody(content={"multipart/form-data": OpenAPIMediaType(schema=form)}, required=True)
