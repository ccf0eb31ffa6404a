"""`/samplesheet/{accession}`: the runs below a record as the sample sheet of an nf-core pipeline."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from litestar import Controller, Response, get
from litestar.di import NamedDependency
from litestar.openapi.spec import OpenAPIMediaType, OpenAPIResponse, Operation, Schema
from litestar.openapi.spec.enums import OpenAPIType
from litestar.openapi.spec.header import OpenAPIHeader
from litestar.params import FromPath, QueryParameter

from accession.nfcore.pipelines import SheetForm
from accession.nfcore.sheet import sample_sheet
from accession.unit import Unit
from app.api.archive.errors import problems
from app.api.archive.forms import CSV
from app.wiring import Wiring

LEFT_OUT, REASONS = "X-SeqArk-Left-Out", "X-SeqArk-Left-Out-Reasons"
_PATH = "/api/v1"
_ABOUT = """A CSV that the named nf-core pipeline accepts as its `--input`, for a project, subject, sample,
experiment or run. File columns are absolute addresses below `/api/v1/runs`, which end in the file's name. The two files
of a pair are one row; further pairs of a sample are further rows. Names of samples are their aliases, with other signs
than letters, digits, `_`, `.` and `-` written as `_`, and never two alike.

Runs that the pipeline cannot take (not FASTQ, not compressed, not found good, half of a pair) are left out:
`X-SeqArk-Left-Out` counts them, `X-SeqArk-Left-Out-Reasons` tells why; where nothing fits, 422 tells it of each run.
`fetchngs` takes identifiers of ENA, SRA, DDBJ and GEO, so its sheet lists those that the records name. `generic` is for
no pipeline: one row a run with all that is known of it.

The addresses hold no credential, and a pipeline sends none: the files of what is not public have to be fetched
beforehand, by somebody who may read them, with a bearer token (`curl -L -H "Authorization: Bearer …"`)."""


@dataclass
class SampleSheetOperation(Operation):
    """A CSV with a count of what it leaves out."""

    def __post_init__(self) -> None:
        sheet = (self.responses or {}).get("200")
        if isinstance(sheet, OpenAPIResponse):
            text = Schema(type=OpenAPIType.STRING)
            sheet.content = {CSV: OpenAPIMediaType(schema=text)}
            number = Schema(type=OpenAPIType.INTEGER)
            sheet.headers = {
                LEFT_OUT: OpenAPIHeader(description="How many runs are in no row.", schema=number),
                REASONS: OpenAPIHeader(description="Why, as `code=count, code=count`.", schema=text),
            }


class SampleSheets(Controller):
    """Sample sheets for pipelines."""

    path = "/samplesheet"
    tags = ("Reports",)

    @get(
        "/{accession:str}",
        operation_class=SampleSheetOperation,
        summary="Get a sample sheet",
        description=_ABOUT,
        media_type=CSV,
        responses=problems(404, 410, 413, 422),
    )
    async def sheet(
        self,
        unit: NamedDependency[Unit],
        wiring: NamedDependency[Wiring],
        accession: FromPath[str],
        form: Annotated[
            SheetForm, QueryParameter(name="format", description="The pipeline; generic is for none.")
        ] = SheetForm.GENERIC,
    ) -> Response[bytes]:
        """The sheet as a file to keep."""
        made = await sample_sheet(unit, accession, form, f"{wiring.settings.base_url}{_PATH}")
        headers = {
            "Content-Disposition": f'attachment; filename="{accession}.{form.value}.csv"',
            "Cache-Control": "private",
            LEFT_OUT: str(sum(made.left_out.values())),
        }
        if made.left_out:
            headers[REASONS] = ", ".join(f"{code}={count}" for code, count in sorted(made.left_out.items()))
        return Response(made.content, media_type=CSV, headers=headers)
