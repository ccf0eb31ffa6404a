"""Every example by the kind of body or the parameter that it is of."""

from __future__ import annotations

from typing import Any

import msgspec

from app.api.archive.examples.accounts import ACCOUNTS, USER_ID
from app.api.archive.examples.audit import AUDIT
from app.api.archive.examples.files import FILES, SHEETS
from app.api.archive.examples.finding import FOUND
from app.api.archive.examples.records import EXPERIMENT, FILE_ID, FILENAME, PROJECT, RECORDS, RUN, SAMPLE, SUBJECT
from app.api.archive.examples.reports import REPORTS
from app.api.archive.examples.sharing import SHARING
from app.api.archive.examples.tokens import TOKENS

BODIES: dict[type, msgspec.Struct] = {
    type(example): example
    for example in (*ACCOUNTS, *RECORDS, *FILES, *SHEETS, *FOUND, *REPORTS, *TOKENS, *SHARING, *AUDIT)
}
PROBLEM: dict[str, Any] = {
    "type": "urn:seqark:problem:rejected",
    "title": "Unprocessable Entity",
    "status": 422,
    "detail": "'tax_id' is required.",
    "code": "rejected",
    "issues": [{"code": "missing_required", "message": "'tax_id' is required.", "field": "tax_id"}],
}
_VERSIONED = "Its accession; with a suffix `.n`, its version n."
PARAMETERS: dict[tuple[str, str], tuple[str, str]] = {
    ("projects", "accession"): ("The project's accession.", PROJECT),
    ("subjects", "accession"): ("The subject's accession.", SUBJECT),
    ("samples", "accession"): ("The sample's accession.", SAMPLE),
    ("experiments", "accession"): ("The experiment's accession.", EXPERIMENT),
    ("runs", "accession"): (_VERSIONED, RUN),
    ("users", "user_id"): ("The account's id.", str(USER_ID)),
    ("organisations", "slug"): ("The organisation's name in addresses.", "highland-lab"),
    ("organisations", "name"): ("The account's name.", "ana"),
    ("groups", "slug"): ("The group's name in addresses.", "cattle-genomes"),
    ("groups", "name"): ("The account's name.", "ana"),
    ("", "checklist"): ("The checklist's id or name.", "ERC000011"),
    ("", "file_id"): ("The staged file's id.", str(FILE_ID)),
    ("", "upload_id"): ("What the beginning of the upload answered.", str(FILE_ID)),
    ("", "format"): ("tsv, csv or xlsx.", "tsv"),
    ("samplesheet", "accession"): ("A project, subject, sample, experiment or run.", PROJECT),
    ("samplesheet", "format"): ("The pipeline.", "rnaseq"),
    ("search", "q"): ("What to look for.", "ankole blood"),
    ("filereport", "accession"): ("A project, subject, sample, experiment or run.", PROJECT),
    ("filereport", "fields"): ("Fields.", "run_accession,download_url,checksum_md5"),
    ("filereport", "format"): ("json or tsv.", "tsv"),
    ("search", "type"): ("Kinds.", "project,sample"),
    ("runs", "filename"): ("The name of the run's file.", FILENAME),
}
"""The description and example of a parameter, by the first part of its path (empty: any) and its name."""
