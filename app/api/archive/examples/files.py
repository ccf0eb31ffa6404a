"""Examples of files on their way in and out, of sheets and of checklists."""

from __future__ import annotations

import msgspec

from accession.issues import Issue
from app.api.archive.downloads import DescribedFileOut
from app.api.archive.errors import TombstoneOut
from app.api.archive.examples.records import EXPERIMENT, FILE_ID, FILENAME, MADE, MATE, MD5, RUN, SAMPLE, SHA256
from app.api.archive.structs.sheets import (
    CellOut,
    ChecklistDetailOut,
    ChecklistFieldOut,
    ChecklistOut,
    ConfirmedOut,
    RefusedSheetOut,
    RowIssueOut,
    RowOut,
    SheetReportOut,
)
from app.api.archive.structs.staging import (
    CompleteIn,
    InitiateIn,
    InitiateOut,
    PartIn,
    StagedFileOut,
    UploadCompleteIn,
    UploadCompleteOut,
    UploadInitiateIn,
    UploadInitiateOut,
    UploadStatusOut,
)

_LINK = "https://store.example.org/seqark/files/01981f3a?X-Amz-Signature=5f2c"
_UPLOAD = str(FILE_ID)
_LATER = "'2026-13-01' is no date; write YYYY, YYYY-MM or YYYY-MM-DD."
_ROW = RowOut(
    row_num=2,
    sample_alias="cow-1-blood",
    errors=[RowIssueOut(2, "collection_date", "invalid_date", _LATER)],
    warnings=[],
    forward_file=None,
    reverse_file=None,
    cells={"sample_alias": CellOut("cow-1-blood", "ok"), "collection_date": CellOut("2026-13-01", "invalid")},
)
_REPORT = SheetReportOut(
    valid=False,
    errors=[],
    total_rows=1,
    headers=["sample_alias", "collection_date"],
    required_fields=["collection_date", "geographic_location"],
    rows=[_ROW],
)
_TITLE = "ENA default sample checklist"

FILES: tuple[msgspec.Struct, ...] = (
    InitiateIn(FILENAME, 1234567890, MD5),
    InitiateOut(FILE_ID, _UPLOAD, 86400, presigned_url=_LINK),
    CompleteIn([PartIn('"9bb58f26192e4ba00f01e2e7b136bbd8"', 1)]),
    StagedFileOut(
        id=FILE_ID,
        accession="NFDP-FIL-000001",
        filename=FILENAME,
        file_size=1234567890,
        checksum_md5=MD5,
        checksum_sha256=SHA256,
        status="verifying",
        upload_method="direct",
        created_at=MADE,
        uploaded_at=MADE,
        file_type=None,
        reason=None,
        verdict=None,
    ),
    UploadInitiateIn(EXPERIMENT, FILENAME, 1234567890, MD5, "FASTQ"),
    UploadInitiateOut(_UPLOAD, _LINK, 86400),
    UploadCompleteIn(_UPLOAD, MD5),
    UploadCompleteOut(RUN, f"qc-{_UPLOAD}", "verifying"),
    UploadStatusOut(_UPLOAD, "verifying", RUN, None),
    DescribedFileOut(RUN, FILENAME, 1234567890, MD5, "Direct download unavailable — file stored at the path above"),
    TombstoneOut(RUN, "withdrawn", None, MADE, MADE, None),
)
SHEETS: tuple[msgspec.Struct, ...] = (
    _REPORT,
    ConfirmedOut("created", [SAMPLE], [], [EXPERIMENT], [RUN, MATE]),
    RefusedSheetOut(
        type="urn:seqark:problem:sheet_refused",
        title="Bad Request",
        status=400,
        detail="The sheet has 1 error; nothing was made.",
        code="sheet_refused",
        issues=[Issue("invalid_date", _LATER, row=2, field="collection_date")],
        report=_REPORT,
    ),
    ChecklistOut("ERC000011", "ena_default", _TITLE, ["collection_date", "geographic_location"]),
    ChecklistDetailOut(
        "ERC000011",
        "ena_default",
        _TITLE,
        ["collection_date", "geographic_location"],
        [ChecklistFieldOut("collection_date", "collection date", "mandatory", "pattern", [])],
    ),
)
