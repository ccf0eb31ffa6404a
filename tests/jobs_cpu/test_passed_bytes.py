"""Bytes that are passed on to a check as they come: the verdict, and what happens when either side ends early."""

import asyncio
import sys
from collections.abc import AsyncGenerator
from pathlib import Path

import msgspec
import pytest

from accession.errors import Unavailable
from app.jobs import cpu
from app.jobs.cpu import CpuLimits, EngineFailed
from tests.jobs_cpu.conftest import written

pytestmark = pytest.mark.anyio

MUCH = "".join(f"1\t{pos}\t.\tA\tG\t.\t.\t.\n" for pos in range(6, 100_000))  # more than any pipe holds
Pieces = AsyncGenerator[bytes, None]


async def pieces(data: bytes, size: int = 1000, *, seconds: float = 0, error: Exception | None = None) -> Pieces:
    """Bytes as a store gives them, some of them late, with an error at their end."""
    for at in range(0, len(data), size):
        yield data[at : at + size]
        yield b""
    await asyncio.sleep(seconds)
    if error is not None:
        raise error


async def test_bytes_that_come_get_the_verdict_of_a_path(tmp_path: Path, vcf: Path, limits: CpuLimits) -> None:
    long = written(tmp_path / "long", vcf.read_text() + MUCH + "1\tx\n")
    async with cpu.kept_warm(1):
        for path in (vcf, long, vcf):
            data = path.read_bytes()
            by_path = await cpu.validate(path, filename="calls.vcf", limits=limits)
            for size in (1000, 1 << 20):
                come = await cpu.validate(pieces(data, size), filename="calls.vcf", limits=limits)
                assert msgspec.structs.replace(come, seconds=0) == msgspec.structs.replace(by_path, seconds=0)


async def test_an_error_of_the_bytes_reaches_the_caller_and_the_next_file_has_a_fresh_child(
    vcf: Path, limits: CpuLimits
) -> None:
    async with cpu.kept_warm(1):
        for error in (Unavailable("The store is down."), OSError("no more")):
            with pytest.raises(type(error)):
                await cpu.validate(pieces(vcf.read_bytes(), error=error), filename="calls.vcf", limits=limits)
            assert (await cpu.validate(pieces(vcf.read_bytes()), filename="calls.vcf", limits=limits)).valid


async def test_a_check_that_ends_before_its_bytes_do_tells_why_and_disturbs_no_other(
    vcf: Path, limits: CpuLimits
) -> None:
    much = vcf.read_bytes() + MUCH.encode()
    little = CpuLimits(seconds=60, memory=32 * 1024**2)
    for data in (much, vcf.read_bytes()):
        async with cpu.kept_warm(1):
            with pytest.raises(EngineFailed):
                await cpu.validate(pieces(data), filename="a.vcf", limits=little)
            assert (await cpu.validate(pieces(data), filename="a.vcf", limits=limits)).valid


async def test_the_time_in_which_no_bytes_come_is_not_that_of_the_check(vcf: Path, limits: CpuLimits) -> None:
    data = vcf.read_bytes()
    async with cpu.kept_warm(1):
        assert (await cpu.validate(pieces(data), filename="a.vcf", limits=limits)).valid  # nothing is left to compile
        slow = pieces(data, seconds=4)
        assert (await cpu.validate(slow, filename="a.vcf", limits=CpuLimits(seconds=3))).valid


@pytest.mark.parametrize("reads", [0, 1000, 1 << 20])
async def test_a_check_that_takes_its_bytes_too_slowly_is_a_typed_failure(
    vcf: Path, monkeypatch: pytest.MonkeyPatch, reads: int
) -> None:
    script = f"import sys, time; sys.stdin.buffer.read({reads}); time.sleep(600)"
    monkeypatch.setattr(cpu, "COMMAND", (sys.executable, "-c", script))
    with pytest.raises(EngineFailed, match=r"took longer than 1 s and was stopped\."):
        await cpu.validate(pieces(vcf.read_bytes() * 20_000), filename="a.vcf", limits=CpuLimits(seconds=1))


async def test_a_check_that_crashes_in_the_middle_of_its_bytes_is_a_typed_failure(
    vcf: Path, limits: CpuLimits, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = "import os, sys; sys.stdin.buffer.read(1000); os.abort()"
    monkeypatch.setattr(cpu, "COMMAND", (sys.executable, "-c", script))
    closed = asyncio.Event()

    async def endless() -> Pieces:
        try:
            while True:
                yield bytes(1 << 16)
        finally:
            closed.set()

    with pytest.raises(EngineFailed, match=r"crashed \(SIGABRT\)\."):
        await cpu.validate(endless(), filename="a.vcf", limits=limits)
    assert closed.is_set()
