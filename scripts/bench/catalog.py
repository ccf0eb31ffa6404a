"""Measures lists, filters, search and file reports over 10,000 and 1,000,000 samples, and how their times grow.

Everything is asked by an anonymous caller and by a member of fifty groups. The newer half of the samples is private to
somebody else; `population.py` says what else there is. `SEQARK_DATABASE_URL` names a database of a PostgreSQL, beside
which others are made and dropped again; without it the embedded SQLite is measured.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import math
import os
import statistics
import subprocess
import sys
import time
from typing import TYPE_CHECKING, NamedTuple

from api import V1
from loading import Served, get, served, times
from population import RARE, Population, populate
from rich.console import Console
from rich.table import Table
from sqlalchemy import make_url, select, text
from sqlalchemy.ext.asyncio import create_async_engine

from accession.paging import cursor_of
from accession.people.models import Account
from app.settings import from_environment
from app.wiring import Wiring

if TYPE_CHECKING:
    from collections.abc import Iterator

AIM = 2.0
COW, MANY = "organism=Bos+taurus", 20
ROUNDS = 10
Times = dict[tuple[str, str], list[list[float]]]


class Asked(NamedTuple):
    """A request; `held` says whether its growth has an aim, and `often` how often it is sent."""

    name: str
    path: str
    held: bool = True
    often: float = 1.0


class Size(NamedTuple):
    """One of the archives that are compared, and what is asked of it."""

    server: Served
    requests: list[Asked]


def main() -> None:
    """Run the benchmark and print its table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=int, nargs=2, default=[10_000, 1_000_000], help="the two sizes")
    parser.add_argument("--requests", type=int, default=200, help="how many requests each measurement takes")
    parser.add_argument("--only", nargs="*", default=[""], help="measure only requests with such words in their name")
    options = parser.parse_args()
    with contextlib.ExitStack() as stack:
        sizes = [_opened(stack, samples) for samples in sorted(options.samples)]
        _print(options.samples, _measure(sizes, options.requests, options.only))


def _opened(stack: contextlib.ExitStack, samples: int) -> Size:
    """A service with so many samples, until the stack ends."""
    settings = stack.enter_context(_database(samples))
    server = stack.enter_context(served(**settings))
    begun = time.perf_counter()
    population = asyncio.run(_fill(server, settings, samples))
    print(f"{samples:,} samples were written in {time.perf_counter() - begun:.0f} s", flush=True)
    return Size(server, _requests(samples, population))


@contextlib.contextmanager
def _database(samples: int) -> Iterator[dict[str, str]]:
    """The settings of a fresh database: none for SQLite, or a PostgreSQL that is dropped afterwards."""
    url = os.environ.get("SEQARK_DATABASE_URL")
    if not url:
        yield {}
        return
    name = f"seqark_bench_{os.getpid()}_{samples}"
    asyncio.run(_command(url, f"CREATE DATABASE {name}"))
    settings = {"SEQARK_DATABASE_URL": make_url(url).set(database=name).render_as_string(hide_password=False)}
    try:
        subprocess.run([sys.executable, "-m", "app", "migrate"], env=os.environ | settings, check=True)
        yield settings
    finally:
        asyncio.run(_command(url, f"DROP DATABASE {name} WITH (FORCE)"))


async def _command(url: str, command: str) -> None:
    engine = create_async_engine(make_url(url).set(drivername="postgresql+asyncpg"), isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        await connection.execute(text(command))
    await engine.dispose()


async def _fill(server: Served, settings: dict[str, str], samples: int) -> Population:
    url = settings.get("SEQARK_DATABASE_URL", "")
    wiring = Wiring(from_environment(data_dir=server.folder, database_url=url, s3_endpoint="none"))
    async with wiring.reading() as unit:
        member = (await unit.session.scalars(select(Account.id).where(Account.name == "bench"))).one()
    population = await populate(wiring, samples, member)
    await wiring.close()
    return population


def _requests(samples: int, population: Population) -> list[Asked]:
    """What is asked: first pages go past the hidden half, deep ones lie among samples of all kinds."""
    deep = f"cursor={cursor_of(int(samples * 0.3))}"
    lists, reported = f"{V1}/samples?per_page={MANY}", population.reported
    rare = f"organism={RARE.replace(' ', '+')}"
    return [
        Asked("one sample", f"{V1}/samples/{population.sample}"),
        Asked("list, first page, with its total", lists),
        Asked("list, first page by cursor", f"{lists}&cursor="),
        Asked("list, deep by cursor", f"{lists}&{deep}"),
        Asked("organism, first page by cursor", f"{lists}&{COW}&cursor="),
        Asked("organism, deep by cursor", f"{lists}&{COW}&{deep}"),
        Asked("a rare organism, by cursor", f"{lists}&{rare}&cursor="),
        Asked("tissue and place, by cursor", f"{lists}&tissue=milk&geographic_location=Mali&cursor="),
        Asked("samples of a project, by cursor", f"{lists}&project_accession={reported}&cursor="),
        Asked("search, a rare word", f"{V1}/search?q={RARE.split()[0]}"),
        Asked("search, two words", f"{V1}/search?q=Glossina+milk&type=sample"),
        Asked("search, a word of most", f"{V1}/search?q=ERC000011"),
        Asked("file report of 1,000 runs", f"{V1}/filereport?accession={reported}", often=0.2),
        Asked("organism, first page, with its total", f"{lists}&{COW}", held=False, often=0.2),
        Asked("list, counted exactly", f"{lists}&count=exact&cursor=", held=False, often=0.05),
        Asked("organism, counted exactly", f"{lists}&{COW}&count=exact", held=False, often=0.05),
    ]


def _measure(sizes: list[Size], count: int, only: list[str]) -> Times:
    """The times of each request by each caller, of every size by turns, so that a busy machine slows all of them."""
    found: Times = {}
    for same in zip(*(size.requests for size in sizes), strict=True):
        often = max(2, int(count * same[0].often / ROUNDS))
        if not any(word in same[0].name for word in only):
            continue
        for caller in ("anonymous", "member"):
            took: list[list[float]] = [[] for _ in sizes]
            for turn in range(ROUNDS + 1):
                for size, asked, spent in zip(sizes, same, took, strict=True):
                    request = get(asked.path, size.server.token if caller == "member" else None)
                    measured = asyncio.run(times(size.server, lambda _, r=request: r, often))
                    spent.extend(measured if turn else ())  # the first turn is for warming up
            found[same[0].name, caller] = took
    return found


def _print(samples: list[int], found: Times) -> None:
    head = [f"{size:,}: {what}" for size in sorted(samples) for what in ("p50", "p99")]
    table = Table("request", "caller", *head, "p50 grew", caption="milliseconds over HTTP, one client")
    held = {asked.name for asked in _requests(1, Population("", "", 0)) if asked.held}
    beyond = []
    for (name, caller), (few, many) in found.items():
        grew = statistics.median(many) / statistics.median(few)
        cells = [f"{value:,.1f}" for took in (few, many) for value in (statistics.median(took), _p99(took))]
        table.add_row(name, caller, *cells, f"{grew:.1f}" + ("" if name in held else " (no aim)"))
        if name in held and grew > AIM:
            beyond.append(f"{name} ({caller}) {grew:.1f}")
    Console(width=120).print(table)
    print(f"aim: at most {AIM:g} times; beyond it: {', '.join(beyond) or 'none'}")


def _p99(took: list[float]) -> float:
    return sorted(took)[math.ceil(len(took) * 0.99) - 1]


if __name__ == "__main__":
    main()
