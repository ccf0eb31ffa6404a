"""Settles a file: what its validation found becomes its state, digests, numbers, and what its run tells of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from sqlalchemy import case, exists, insert, or_, select, update

from accession.audit import service as audit
from accession.catalog.models import Run, RunVersion
from accession.files.leases import held
from accession.files.measures import measured
from accession.files.models import File, FileState, QcNumber
from accession.files.own_report import own_report, weight_of
from accession.files.reports import renew_pages
from accession.ids import Kind
from accession.work import Work

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from sqlalchemy import ColumnElement

    from accession.files.leases import Claimed
    from accession.unit import Unit


class Checked(msgspec.Struct, frozen=True):
    """What a validation read and found. `details` is the verdict as it is kept and answered, without distributions."""

    valid: bool
    format: str
    version_id: str | None
    size: int
    md5: str
    sha256: str
    details: dict[str, Any]


class Promise(msgspec.Struct, frozen=True):
    """What was said of the bytes before they came."""

    size: int | None = None
    md5: str | None = None


async def settle_verdict(unit: Unit, claimed: Claimed, checked: Checked, *, measure: bool = True) -> bool:
    """Make a verdict the file's own; False when the claim is lost, and then nothing is changed.

    Pins the version, size and digests that were read. Bytes that are not those promised are refused whatever their
    content. The numbers of a valid file are kept as what its runs can be found by. A verified file is due for its QC at
    once; with `measure` off its grades are all of its QC.
    """
    promised = await _promise(unit, claimed.file_id)
    details = with_broken_promises(checked, promised)
    values: dict[str, Any] = {
        "size": checked.size,
        "md5": checked.md5,
        "sha256": checked.sha256,
        "version_id": checked.version_id,
        "format": checked.format,
    }
    if details["valid"]:
        values["state"] = case((_is_linked(), FileState.LINKED.value), else_=FileState.VERIFIED.value)
        values |= _quality(unit, checked.format, details, measure=measure)
    else:
        values |= _refusal(details)
    if not await _settle(unit, claimed, details, values):
        return False
    if details["valid"]:
        await _keep_numbers(unit, claimed.file_id, details)
        if not measure:
            await renew_pages(unit, claimed.file_id)
    return True


async def settle_unchecked(
    unit: Unit, claimed: Claimed, *, code: str, message: str, version_id: str | None = None
) -> bool:
    """Refuse a file that could not be read or checked (`bytes_missing`, `check_failed`); False: the claim is lost."""
    details = {
        "valid": False,
        "findings": [{"severity": "error", "code": code, "message": message}],
        "finding_counts": {code: 1},
        "checked": [],
    }
    values = _refusal(details)
    if version_id is not None:
        values["version_id"] = version_id
    return await _settle(unit, claimed, details, values)


def with_broken_promises(checked: Checked, promised: Promise) -> dict[str, Any]:
    """The verdict's details, led by a finding for each promise that the bytes do not keep."""
    broken = []
    if promised.size is not None and promised.size != checked.size:
        broken.append(_mismatch("size_mismatch", "size in bytes", str(checked.size), str(promised.size)))
    if promised.md5 is not None and promised.md5.lower() != checked.md5.lower():
        broken.append(_mismatch("checksum_mismatch", "MD5", checked.md5, promised.md5))
    if not broken:
        return checked.details
    counts = {finding["code"]: 1 for finding in broken} | checked.details.get("finding_counts", {})
    findings = [*broken, *checked.details.get("findings", [])]
    return {**checked.details, "valid": False, "findings": findings, "finding_counts": counts}


def reason_of(details: Mapping[str, Any]) -> str:
    """The code and sentence of the first finding that refuses the file: `fastq_truncated: The file ends …`."""
    refusing = (f for f in details.get("findings", []) if f.get("severity") == "error")
    first = next(refusing, {"code": "invalid", "message": "The file is not valid."})
    return f"{first['code']}: {first['message']}"


def _refusal(details: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of a file that is refused; no QC tool will ever see it, so its QC has failed too."""
    return {"state": FileState.REJECTED, "reason": reason_of(details), "due_at": None, "qc_status": "failed"}


def _quality(unit: Unit, format: str, details: Mapping[str, Any], *, measure: bool) -> dict[str, Any]:  # noqa: A002
    """The columns of a valid file about its QC, which goes on from the grades where tools are to run."""
    columns: dict[str, Any] = {"due_at": unit.now if measure else None}
    if own_report(format, details) is not None:
        columns["qc_status"] = "running" if measure else weight_of(details.get("grades", []))
    return columns


async def _keep_numbers(unit: Unit, file_id: UUID, details: Mapping[str, Any]) -> None:
    numbers = measured(details.get("counts", {}))
    if numbers:
        rows = [{"file_id": file_id, "name": name, "value": value} for name, value in numbers.items()]
        await unit.session.execute(insert(QcNumber), rows)


def _mismatch(code: str, what: str, found: str, expected: str) -> dict[str, Any]:
    message = f"The {what} of the bytes is {found}, but {expected} was promised."
    return {"severity": "error", "code": code, "message": message, "found": found, "expected": expected}


async def _promise(unit: Unit, file_id: UUID) -> Promise:
    row = (await unit.session.execute(select(File.promised_size, File.promised_md5).where(File.id == file_id))).one()
    return Promise(row.promised_size, row.promised_md5)


def _is_linked() -> ColumnElement[bool]:
    """That the file is, or was, a run's (a run can be registered before its bytes are checked).

    A database that waits for the row's lock looks at the row again but not at other tables: hence the project first.
    """
    current = exists().where(Run.file_id == File.id)
    earlier = exists().where(RunVersion.file_id == File.id)
    return or_(File.scope_id.is_not(None), current, earlier)


async def _settle(unit: Unit, claimed: Claimed, details: dict[str, Any], values: dict[str, Any]) -> bool:
    statement = (
        held(claimed)
        .where(File.state == FileState.VERIFYING)
        .values(verdict=details, claim=None, claimed_until=None, attempts=0, **values)
        .returning(File.state, File.size, File.md5, File.sha256, File.format)
        .execution_options(synchronize_session=False)
    )
    row = (await unit.session.execute(statement)).first()
    if row is None:
        return False
    await _keep_run_in_step(unit, claimed.file_id, row)
    told = {"reason": values["reason"]} if "reason" in values else {}
    audit.record(unit, row.state, unit.accession(Kind.FILE, claimed.serial), **told)
    if values["due_at"] is not None:
        unit.notify(Work.MEASURE_FILE, str(claimed.file_id))
    return True


async def _keep_run_in_step(unit: Unit, file_id: UUID, file: Any) -> None:
    """Give the run whose current file this is the size, checksums and type that were found."""
    found = {"file_size": file.size, "checksum_md5": file.md5, "checksum_sha256": file.sha256, "file_type": file.format}
    known = {name: value for name, value in found.items() if value is not None}
    if known:
        statement = update(Run).where(Run.file_id == file_id).values(revision=Run.revision + 1, **known)
        await unit.session.execute(statement.execution_options(synchronize_session=False))
