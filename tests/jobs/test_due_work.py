"""What is due: which rows the sweep queues, when a project's page is made, and that a key is queued once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from alembic import command
from sqlalchemy import delete, inspect, select, text, update

from accession.base import new_id
from accession.files.due import due_work
from accession.files.leases import claim_measuring, claim_validation
from accession.files.models import DiscardedObject, File, FileState
from accession.files.project_reports import claim_report, end_report, mark_report_due, renew_report
from accession.files.reports import ToolReport, keep_report, settle_reports
from accession.ids import Kind
from accession.numbers import mint
from accession.work import Work
from app.db.migrate import _config, migrate, require_current
from app.jobs import reporting
from app.jobs.queue import Queue
from tests.jobs.ingest import eventually, file_row, make_project, make_run, working

pytestmark = pytest.mark.anyio

LEASE, INTERVAL = timedelta(seconds=30), timedelta(minutes=5)


async def add_file(wiring, person, *, state=FileState.VERIFYING, due=True, qc="pending"):
    """A file's row without bytes."""
    async with wiring.writing(person.actor) as unit:
        file_id = new_id()
        unit.session.add(
            File(
                id=file_id,
                serial=(await mint(unit.session, {Kind.FILE: 1}))[Kind.FILE][0],
                owner_id=person.id,
                state=state,
                filename="reads.fastq",
                key=f"files/{file_id}",
                upload_method="direct",
                due_at=unit.now if due else None,
                qc_status=qc,
            )
        )
    return file_id


async def due(wiring) -> set[tuple[str, str]]:
    async with wiring.reading() as unit:
        return set(await due_work(unit))


async def measured(wiring, file_id, clock) -> None:
    """Settle a file's QC."""
    async with wiring.writing() as unit:
        claimed = await claim_measuring(unit, file_id, LEASE)
        assert await settle_reports(unit, claimed, [ToolReport("FastQC", "passed", {"gc": 1})], status="passed")


async def test_rows_say_what_is_due_until_somebody_holds_them(wiring, alice, clock):
    to_check = await add_file(wiring, alice)
    to_measure = await add_file(wiring, alice, state=FileState.LINKED)
    for settled in (
        {"state": FileState.VERIFIED, "due": False},
        {"state": FileState.REJECTED},
        {"state": FileState.PENDING},
        {"state": FileState.VERIFIED, "qc": "passed"},
    ):
        await add_file(wiring, alice, **settled)
    wanted = {(Work.VALIDATE_FILE, str(to_check)), (Work.MEASURE_FILE, str(to_measure))}
    assert await due(wiring) == wanted
    async with wiring.writing() as unit:
        assert await claim_validation(unit, to_check, LEASE)
        assert await claim_measuring(unit, to_measure, LEASE)
        assert await claim_measuring(unit, to_check, LEASE) is None, "no QC before the verdict"
    assert await due(wiring) == set()
    clock.advance(seconds=31)
    assert await due(wiring) == wanted, "a lease that has ended is due again"


async def test_a_project_page_waits_for_qc_but_results_wait_no_longer_than_the_interval(wiring, alice, clock):
    project = await make_project(wiring, alice)
    first, second = [await add_file(wiring, alice, state=FileState.LINKED) for _ in range(2)]
    for file_id in (first, second):
        await make_run(wiring, alice, project, file_id)
    await measured(wiring, first, clock)
    assert (Work.PROJECT_REPORT, str(project.id)) in await due(wiring)
    assert await claimed_page(wiring, project) is None, "the other file is not measured yet"
    assert (Work.PROJECT_REPORT, str(project.id)) not in await due(wiring)
    clock.advance(minutes=6)
    assert await claimed_page(wiring, project) is not None, "the first results have waited long enough"


async def test_a_project_page_is_made_at_once_after_the_last_qc_and_then_once_in_an_interval(wiring, alice, clock):
    project = await make_project(wiring, alice)
    file_id = await add_file(wiring, alice, state=FileState.LINKED)
    await make_run(wiring, alice, project, file_id)
    await measured(wiring, file_id, clock)
    claim = await claimed_page(wiring, project)
    assert claim is not None
    assert await claimed_page(wiring, project) is None, "one job makes it"
    await ended(wiring, project, claim)
    assert await due(wiring) == set()
    async with wiring.writing() as unit:
        await mark_report_due(unit, project.id)
    assert await claimed_page(wiring, project) is None, "the last page is younger than the interval"
    clock.advance(minutes=6)
    assert await claimed_page(wiring, project) is not None


async def test_a_project_marked_while_its_page_is_made_gets_another_page(wiring, alice, clock):
    project = await make_project(wiring, alice)
    async with wiring.writing() as unit:
        await mark_report_due(unit, project.id)
    claim = await claimed_page(wiring, project)
    async with wiring.writing() as unit:
        claim = await renew_report(unit, claim, LEASE)
        await mark_report_due(unit, project.id)
    await ended(wiring, project, claim)
    assert await claimed_page(wiring, project) is None
    clock.advance(minutes=6)
    assert await claimed_page(wiring, project) is not None


async def test_a_page_whose_maker_died_is_due_again_when_its_lease_has_ended(wiring, alice, clock):
    project = await make_project(wiring, alice)
    async with wiring.writing() as unit:
        await mark_report_due(unit, project.id)
    assert await claimed_page(wiring, project) is not None
    assert await due(wiring) == set()
    clock.advance(seconds=31)
    assert await due(wiring) == {(Work.PROJECT_REPORT, str(project.id))}


async def claimed_page(wiring, project):
    async with wiring.writing() as unit:
        return await claim_report(unit, project.id, lease=LEASE, interval=INTERVAL)


async def ended(wiring, project, claim) -> None:
    async with wiring.writing() as unit:
        await keep_report(unit, ToolReport("MultiQC", "passed", {}, page_key="reports/x"), scope_id=project.id)
        await end_report(unit, claim, again=None, interval=INTERVAL)


async def test_a_key_that_waits_is_not_queued_twice(wiring):
    queue = Queue(wiring)
    key = str(new_id())
    for _ in range(3):
        await queue.notify(Work.VALIDATE_FILE, key)
    await queue.notify_all([(Work.VALIDATE_FILE, key), (Work.MEASURE_FILE, key), (Work.VALIDATE_FILE, str(new_id()))])
    waiting = await queue.service.get_queue_backend().list_pending(limit=50)
    await queue.close()
    assert [record.task_name for record in waiting].count("measure_file") == 1
    assert [record.args for record in waiting if record.task_name == "validate_file"].count((key,)) == 1
    assert len(waiting) == 3


async def test_work_that_fails_is_not_repeated_at_once(wiring, monkeypatch):
    begun = []

    async def fails(_wiring, key) -> None:
        begun.append(key)
        raise RuntimeError("a mistake of ours")

    monkeypatch.setattr(reporting, "run_report", fails)
    queue = Queue(wiring)
    async with working(wiring):
        await queue.notify(Work.RUN_REPORT, "key")

        async def failed() -> bool:
            return (await queue.service.get_statistics()).failed == 1

        await eventually(failed)
    await queue.close()
    assert begun == ["key"]


async def test_pages_of_a_file_that_was_removed_while_it_was_measured_are_discarded(wiring, alice):
    file_id = await add_file(wiring, alice, state=FileState.VERIFIED)
    async with wiring.writing() as unit:
        claimed = await claim_measuring(unit, file_id, LEASE)
        await unit.session.execute(delete(File).where(File.id == file_id))
    async with wiring.writing() as unit:
        report = ToolReport("FastQC", "passed", {}, "reports/x/page.html", ["reports/x/data.zip"])
        assert not await settle_reports(unit, claimed, [report], status="passed")
    async with wiring.reading() as unit:
        keys = set((await unit.session.scalars(select(DiscardedObject.key))).all())
    assert keys == {"reports/x/page.html", "reports/x/data.zip"}


async def test_the_queue_and_the_migrations_leave_each_other_alone(wiring):
    queue = Queue(wiring)
    await queue.open()
    await queue.close()
    await require_current(wiring.engines.write, wiring.settings.accession_prefix)
    assert await migrate(wiring.engines.write, wiring.settings.accession_prefix) == "current"
    async with wiring.engines.write.connect() as connection:
        await connection.run_sync(lambda sync: command.check(_config(sync)))


async def test_tables_of_another_release_of_the_queue_are_made_anew(wiring):
    queue = Queue(wiring)
    await queue.database.prepare()
    async with queue.database.engine.begin() as connection:
        await connection.execute(text("ALTER TABLE queue_task DROP COLUMN execution_profile"))
    await queue.notify(Work.VALIDATE_FILE, "key")
    async with queue.database.engine.connect() as connection:
        columns = await connection.run_sync(lambda sync: inspect(sync).get_columns("queue_task"))
    assert "execution_profile" in {column["name"] for column in columns}
    assert len(await queue.service.get_queue_backend().list_pending(limit=5)) == 1
    await queue.close()


async def test_a_file_that_went_into_a_project_before_its_verdict_is_linked_by_it(wiring, alice):
    from accession.files.verdicts import Checked, settle_verdict

    project = await make_project(wiring, alice)
    taken, staged = [await add_file(wiring, alice) for _ in range(2)]
    async with wiring.writing() as unit:
        claims = [await claim_validation(unit, file_id, LEASE) for file_id in (taken, staged)]
    async with wiring.writing() as unit:
        await unit.session.execute(update(File).where(File.id == taken).values(scope_id=project.id))
    checked = Checked(True, "FASTQ", "v1", 7, "a" * 32, "b" * 64, {"valid": True, "findings": []})
    for claimed in claims:
        async with wiring.writing() as unit:
            assert await settle_verdict(unit, claimed, checked)
    assert [(await file_row(wiring, one)).state for one in (taken, staged)] == [FileState.LINKED, FileState.VERIFIED]


async def test_a_file_that_became_a_run_before_its_verdict_keeps_the_run_in_step(wiring, alice):
    from accession.catalog.models import Run
    from accession.files.verdicts import Checked, settle_verdict

    project = await make_project(wiring, alice)
    file_id = await add_file(wiring, alice)
    await make_run(wiring, alice, project, file_id)
    async with wiring.writing() as unit:
        await unit.session.execute(update(File).where(File.id == file_id).values(promised_size=7))
        claimed = await claim_validation(unit, file_id, LEASE)
        checked = Checked(True, "FASTQ", "v1", 7, "a" * 32, "b" * 64, {"valid": True, "findings": []})
        assert await settle_verdict(unit, claimed, checked)
        assert not await settle_verdict(unit, claimed, checked), "once"
    assert (await file_row(wiring, file_id)).state == FileState.LINKED
    async with wiring.reading() as unit:
        run = (await unit.session.execute(Run.__table__.select().where(Run.file_id == file_id))).one()
    assert (run.file_size, run.checksum_md5, run.checksum_sha256, run.file_type) == (7, "a" * 32, "b" * 64, "FASTQ")
