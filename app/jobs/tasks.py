"""Tells the queue's library what each piece of work is; whatever runs it gives the wiring and the queue along."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from litestar_queues import task
from litestar_queues.exceptions import NonRetryableError

from accession.errors import StoreUnavailable
from accession.work import Work
from app.jobs import mailing, measuring, reporting, sweeping, validating

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from app.jobs.queue import Queue
    from app.wiring import Wiring

log = logging.getLogger(__name__)


async def _once(work: Awaitable[object]) -> None:
    """Do the work; an error ends it here, since the queue would repeat it at once and the sweep does so in time."""
    try:
        await work
    except StoreUnavailable as error:
        log.warning("work waits for the object store: %s", error)
        raise NonRetryableError(str(error)) from error
    except Exception as error:
        log.exception("a piece of work failed inside")
        raise NonRetryableError(repr(error)) from error


@task(Work.VALIDATE_FILE.value)
async def validate_file(key: str, wiring: Wiring, queue: Queue) -> None:
    """Bring the file with the id `key` to its verdict."""
    del queue
    await _once(validating.validate_file(wiring, key))


@task(Work.MEASURE_FILE.value)
async def measure_file(key: str, wiring: Wiring, queue: Queue) -> None:
    """Run the QC tools on the file with the id `key`."""
    del queue
    await _once(measuring.measure_file(wiring, key))


@task(Work.PROJECT_REPORT.value)
async def project_report(key: str, wiring: Wiring, queue: Queue) -> None:
    """Make the MultiQC page of the project with the id `key`."""
    del queue
    await _once(reporting.project_report(wiring, key))


@task(Work.RUN_REPORT.value)
async def run_report(key: str, wiring: Wiring, queue: Queue) -> None:
    """Make the MultiQC page of the run's file with the id `key`."""
    del queue
    await _once(reporting.run_report(wiring, key))


@task(Work.REMOVE_OBJECT.value)
async def remove_object(key: str, wiring: Wiring, queue: Queue) -> None:
    """Remove given-up bytes from the object store."""
    del queue
    await _once(sweeping.remove_object(wiring, key))


@task(Work.SEND_MAIL.value)
async def send_mail(key: str, wiring: Wiring, queue: Queue) -> None:
    """Send the letter with the id `key`; what the server does not take now is sent by a later sweep."""
    del queue
    await _once(mailing.send_mail(wiring, key))


@task(Work.SWEEP.value)
async def sweep(key: str, wiring: Wiring, queue: Queue) -> None:
    """Do one round of the sweep out of turn."""
    del key
    await _once(sweeping.sweep(wiring, queue))


TASKS = (validate_file, measure_file, project_report, run_report, remove_object, send_mail, sweep)
