"""The door to the checks: what comes back, and what a tool that crashes, hangs or eats memory does to its caller."""

import asyncio
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from accession.errors import Unavailable
from app.jobs import cpu
from app.jobs.cpu import CpuLimits, EngineFailed, Format, QcStatus
from tests.jobs_cpu.conftest import alive, eventually, md5_of, written

pytestmark = pytest.mark.anyio

Put = Callable[[str], None]


async def test_variants_are_measured_and_reported(vcf: Path, tmp_path: Path, limits: CpuLimits) -> None:
    reports = await cpu.measure(vcf, tmp_path / "w", filename="calls.vcf", format=Format.VCF, limits=limits)
    assert [(made.tool, made.status, made.summary["snps"]) for made in reports] == [("bcftools", QcStatus.PASSED, 1)]
    data = [Path(file) for file in reports[0].data]
    page = await cpu.report(data, tmp_path / "w", title="Calls", limits=limits)
    assert (page.tool, page.status, page.summary["tools"]) == ("MultiQC", QcStatus.PASSED, ["bcftools"])
    assert [Path(made).name for made in page.pages] == ["multiqc_report.html"]


async def test_reads_are_measured(fastq: Path, tmp_path: Path, limits: CpuLimits) -> None:
    reports = await cpu.measure(fastq, tmp_path / "w", filename="a.fastq", format=Format.FASTQ, limits=limits)
    assert {made.summary["total_sequences"] for made in reports} == {8}
    assert reports[-1].tool == "Sequali"


async def test_an_unknown_format_has_no_reports(fastq: Path, tmp_path: Path, limits: CpuLimits) -> None:
    assert await cpu.measure(fastq, tmp_path, filename="a.txt", format=Format.UNKNOWN, limits=limits) == []


async def test_a_file_that_is_not_there_fails_the_tools_only(tmp_path: Path, limits: CpuLimits) -> None:
    gone = tmp_path / "gone"
    reports = await cpu.measure(gone, tmp_path / "w", filename="a.vcf", format=Format.VCF, limits=limits)
    assert [made.status for made in reports] == [QcStatus.FAILED]


async def test_a_crash_is_a_failed_report(
    fastq: Path, tmp_path: Path, pretended_fastqc: Put, limits: CpuLimits
) -> None:
    pretended_fastqc("kill -SEGV $PPID")
    async with cpu.kept_warm(1):
        reports = await cpu.measure(fastq, tmp_path / "w", filename="a.fastq", format=Format.FASTQ, limits=limits)
        told = [(made.tool, made.status) for made in reports]
        assert told == [("FastQC", QcStatus.FAILED), ("Sequali", QcStatus.PASSED)]
        assert reports[0].reason == "FastQC crashed (SIGSEGV)."
        pretended_fastqc("echo nothing to say; exit 3")
        again = await cpu.measure(fastq, tmp_path / "w", filename="a.fastq", format=Format.FASTQ, limits=limits)
    assert again[0].reason == "FastQC wrote no report (exit code 3): nothing to say."


async def test_a_child_killed_from_outside_is_a_failed_report(
    fastq: Path, tmp_path: Path, pretended_fastqc: Put, limits: CpuLimits
) -> None:
    pretended_fastqc("kill -KILL $PPID")
    reports = await cpu.measure(fastq, tmp_path / "w", filename="a.fastq", format=Format.FASTQ, limits=limits)
    assert reports[0].reason == "FastQC was killed from outside (SIGKILL), most likely for lack of memory."


async def test_a_stop_of_all_processes_is_no_crash_of_a_check(
    fastq: Path, tmp_path: Path, pretended_fastqc: Put, limits: CpuLimits
) -> None:
    pretended_fastqc("kill -TERM $PPID; exit 3")
    reports = await cpu.measure(fastq, tmp_path / "w", filename="a.fastq", format=Format.FASTQ, limits=limits)
    assert reports[0].reason == "FastQC wrote no report (exit code 3)."


async def test_a_child_that_was_asked_to_end_is_an_outage_and_no_failed_check(
    fastq: Path, limits: CpuLimits, monkeypatch: pytest.MonkeyPatch
) -> None:
    ending = "import os, signal, sys; sys.stdin.buffer.read(8); os.kill(os.getpid(), signal.SIGTERM)"
    monkeypatch.setattr(cpu, "COMMAND", (sys.executable, "-c", ending))
    with pytest.raises(Unavailable):
        await cpu.validate(fastq, filename="a.fastq", limits=limits)
    with pytest.raises(Unavailable):
        await cpu.report([fastq], fastq.parent, title="A", limits=limits)


async def test_what_hangs_is_stopped_with_all_that_it_started(
    fastq: Path, tmp_path: Path, pretended_fastqc: Put
) -> None:
    notes = tmp_path / "pids"
    pretended_fastqc(f"setsid sleep 600 & echo $! $$ $PPID > {notes}; wait")
    reports = await cpu.measure(
        fastq, tmp_path / "w", filename="a.fastq", format=Format.FASTQ, limits=CpuLimits(seconds=8)
    )
    assert reports[0].reason == "FastQC took longer than 8 s and was stopped."
    pids = [int(pid) for pid in notes.read_text().split()]
    assert len(pids) == 3
    assert eventually(lambda: not any(map(alive, pids)))


async def test_cancelling_the_caller_ends_the_child(
    fastq: Path, tmp_path: Path, pretended_fastqc: Put, limits: CpuLimits
) -> None:
    notes = tmp_path / "pids"
    pretended_fastqc(f"echo $$ $PPID > {notes}.new; mv {notes}.new {notes}; exec sleep 600")
    waiting = asyncio.create_task(
        cpu.measure(fastq, tmp_path / "w", filename="a.fastq", format=Format.FASTQ, limits=limits)
    )
    while not notes.exists():  # noqa: ASYNC110 - another process makes it
        await asyncio.sleep(0.02)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert eventually(lambda: not any(alive(int(pid)) for pid in notes.read_text().split()))


async def test_a_child_knows_no_settings_of_the_service(
    fastq: Path, tmp_path: Path, pretended_fastqc: Put, limits: CpuLimits, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEQARK_SECRET", "not-for-tools")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "not-for-tools")
    pretended_fastqc(f"env > {tmp_path}/env; ls -l /proc/$PPID/fd > {tmp_path}/open")
    with (tmp_path / "server.secret").open("w") as held:
        held.write("open in the server")
        await cpu.measure(fastq, tmp_path / "w", filename="a.fastq", format=Format.FASTQ, limits=limits)
    known = (tmp_path / "env").read_text()
    assert "not-for-tools" not in known
    assert "SEQARK" not in known
    assert "server.secret" not in (tmp_path / "open").read_text()


async def test_tools_run_within_the_memory_that_was_given(fastq: Path, tmp_path: Path, pretended_fastqc: Put) -> None:
    pretended_fastqc(f"ulimit -v > {tmp_path}/limit")
    given = CpuLimits(seconds=60, memory=3 * 1024**3)
    await cpu.measure(fastq, tmp_path / "w", filename="a.fastq", format=Format.FASTQ, limits=given)
    assert int((tmp_path / "limit").read_text()) == 3 * 1024**2


async def test_memory_that_is_too_small_is_a_failed_report(vcf: Path, tmp_path: Path) -> None:
    little = CpuLimits(seconds=60, memory=64 * 1024**2)
    data = [vcf]
    made = await cpu.report(data, tmp_path / "w", title="Little", limits=little)
    assert made.status is QcStatus.FAILED
    assert made.reason


def test_the_server_imports_no_tools() -> None:
    script = "import sys, app.jobs.cpu; print({'pysam', 'multiqc', 'numpy', 'sequali', 'isal'} & set(sys.modules))"
    assert (
        subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout == "set()\n"
    )


async def test_children_that_are_kept_warm_are_asked_again_and_end_with_their_keeper(
    fastq: Path, tmp_path: Path, pretended_fastqc: Put, limits: CpuLimits
) -> None:
    pretended_fastqc(f"echo $PPID >> {tmp_path}/pids")
    async with cpu.kept_warm(1):
        for _ in range(3):
            await cpu.measure(fastq, tmp_path / "w", filename="a.fastq", format=Format.FASTQ, limits=limits)
        pids = set((tmp_path / "pids").read_text().split())
        assert len(pids) == 1
        assert alive(int(*pids))
    assert not alive(int(*pids))


async def test_many_at_a_time_get_their_own_answers(vcf: Path, tmp_path: Path, limits: CpuLimits) -> None:
    async def named(number: int) -> str:
        name = f"calls{number}.vcf"
        work = tmp_path / str(number)
        made = await cpu.measure(vcf, work, filename=name, format=Format.VCF, limits=limits)
        return Path(made[0].data[0]).name

    async with cpu.kept_warm(2):
        names = await asyncio.gather(*(named(number) for number in range(6)))
    assert names == [f"calls{number}.vcf.bcftools_stats.txt" for number in range(6)]


HANGING = """
import asyncio, sys
from pathlib import Path
from app.jobs import cpu
path, work = map(Path, sys.argv[1:])
asyncio.run(cpu.measure(path, work, filename="a.fastq", format=cpu.Format.FASTQ, limits=cpu.CpuLimits(seconds=600)))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends the children of a killed process")
def test_children_die_with_a_killed_worker(fastq: Path, tmp_path: Path, pretended_fastqc: Put) -> None:
    notes = tmp_path / "pids"
    pretended_fastqc(f"echo $$ $PPID > {notes}.new; mv {notes}.new {notes}; exec sleep 600")
    worker = subprocess.Popen([sys.executable, "-c", HANGING, fastq, tmp_path / "w"])
    try:
        assert eventually(notes.exists)
    finally:
        worker.kill()
        worker.wait()
    assert eventually(lambda: not any(alive(int(pid)) for pid in notes.read_text().split()))


async def test_a_check_that_cannot_start_is_a_typed_failure(
    fastq: Path, tmp_path: Path, limits: CpuLimits, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cpu, "COMMAND", ("/nowhere/python", "-m", "qc.child"))
    with pytest.raises(EngineFailed, match="No process could be started"):
        await cpu.mates(fastq, fastq, limits=limits)


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("import os; os.abort()", r"The check of this pair crashed \(SIGABRT\)\."),
        ("raise SystemExit(7)", r"The check of this pair ended without an answer \(exit code 7\)\."),
        ("import os, time; os.close(1); time.sleep(600)", "The check of this pair closed its output"),
        (
            "import sys, time; sys.stdout.buffer.write(b'\\xff' * 8); sys.stdout.flush(); time.sleep(600)",
            "The check of this pair gave an answer too large to be one",
        ),
        (
            "import sys; sys.stdout.buffer.write((3).to_bytes(8) + b'huh'); sys.stdout.flush(); sys.stdin.read()",
            "The check of this pair gave an answer that makes no sense",
        ),
    ],
)
async def test_a_child_that_answers_nonsense_is_a_typed_failure(
    fastq: Path, limits: CpuLimits, monkeypatch: pytest.MonkeyPatch, script: str, reason: str
) -> None:
    monkeypatch.setattr(cpu, "COMMAND", (sys.executable, "-c", script))
    with pytest.raises(EngineFailed, match=reason):
        await cpu.mates(fastq, fastq, limits=limits)


def test_limits_cross_as_plain_data() -> None:
    assert msgspec.json.decode(msgspec.json.encode(CpuLimits()), type=CpuLimits) == CpuLimits()


async def test_a_file_is_validated(fastq: Path, limits: CpuLimits) -> None:
    verdict = await cpu.validate(fastq, filename="reads.fastq", limits=limits)
    assert (verdict.valid, verdict.format, verdict.counts["records"]) == (True, Format.FASTQ, 8)
    assert verdict.md5 == md5_of(fastq)


async def test_a_broken_file_is_refused_with_its_line(tmp_path: Path, limits: CpuLimits) -> None:
    broken = written(tmp_path / "broken", "@a\nACGT\n+\nIIII\n@b\nACGT\n+\nIII\n")
    verdict = await cpu.validate(broken, filename="reads.fastq", limits=limits)
    assert not verdict.valid
    assert verdict.first_error is not None
    assert verdict.first_error.line == 8


async def test_a_pair_is_compared(tmp_path: Path, limits: CpuLimits) -> None:
    forward, reverse, other = (
        written(tmp_path / name, f"@{read}\n{bases}\n+\nIIII\n")
        for name, read, bases in (("1", "a/1", "ACGT"), ("2", "a/2", "CCGT"), ("3", "b/2", "CCGT"))
    )
    assert await cpu.mates(forward, reverse, limits=limits) == []
    findings = await cpu.mates(forward, other, limits=limits)
    assert {finding.code.partition("_")[0] for finding in findings} == {"mate"}


async def test_a_path_that_cannot_be_read_is_told_apart_from_a_failed_check(tmp_path: Path, limits: CpuLimits) -> None:
    with pytest.raises(cpu.Unreadable):
        await cpu.validate(tmp_path / "gone", filename="a.fastq", limits=limits)


async def test_a_check_without_enough_memory_is_a_typed_failure(fastq: Path) -> None:
    with pytest.raises(EngineFailed, match="The check of this file"):
        await cpu.validate(fastq, filename="a.fastq", limits=CpuLimits(seconds=60, memory=32 * 1024**2))


async def test_a_check_that_takes_too_long_is_a_typed_failure(fastq: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cpu, "COMMAND", (sys.executable, "-c", "import time; time.sleep(600)"))
    with pytest.raises(EngineFailed, match=r"The check of this file took longer than 2 s and was stopped\."):
        await cpu.validate(fastq, filename="reads.fastq", limits=CpuLimits(seconds=2))


async def test_wrapped_records_are_good_where_they_are_asked_for(tmp_path: Path, limits: CpuLimits) -> None:
    wrapped = written(tmp_path / "wrapped", "@a\nACGT\nACGT\n+\nIIII\nIIII\n")
    verdict = await cpu.validate(wrapped, filename="reads.fastq", multiline=True, limits=limits)
    assert verdict.valid, verdict.findings
