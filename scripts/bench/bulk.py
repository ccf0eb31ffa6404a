"""Measures bulk submission: sheets of 1,000 and 10,000 rows, each a pair of staged files, validated and confirmed."""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
from typing import TYPE_CHECKING, Any

from api import PROJECT, V1, form
from loading import Served, measure, served
from rich.console import Console
from rich.table import Table
from sqlalchemy import insert, select

from accession.base import new_id
from accession.files.models import File, FileState
from accession.ids import Kind
from accession.numbers import mint
from accession.people.models import Account
from app.settings import from_environment
from app.wiring import Wiring

if TYPE_CHECKING:
    from pathlib import Path

COLUMNS = ("sample_alias", "organism", "tax_id", "collection_date", "geographic_location", "filename_forward")
COLUMNS += ("filename_reverse", "md5_forward", "md5_reverse", "library_strategy", "platform", "instrument_model")


def main() -> None:
    """Run the benchmark and print its table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--rows", type=int, nargs="+", default=[1_000, 10_000], help="rows of the sheets, one after another"
    )
    options = parser.parse_args()
    table = Table("rows", "files", "validate: server CPU s", "confirm: server CPU s", "both", "a row, both")
    spent = {}
    for rows in options.rows:
        with served() as server:
            project = server.call("POST", f"{V1}/projects", PROJECT)["accession"]
            validate, confirm = _submit(server, project, rows)
        spent[rows] = validate + confirm
        each = f"{spent[rows] / rows * 1000:.2f} ms"
        table.add_row(f"{rows:,}", f"{2 * rows:,}", f"{validate:.2f}", f"{confirm:.2f}", f"{spent[rows]:.2f}", each)
    Console(width=110).print(table)
    print("aim: validate + confirm of 1,000 rows in at most 1.2 s of server CPU, growing linearly")
    print(growth(spent))


def growth(spent: dict[int, float]) -> str:
    """How the seconds grew with the rows, from the smallest sheet to the largest."""
    fewest, most = min(spent), max(spent)
    each = spent[most] / most / (spent[fewest] / fewest)
    return f"{most:,} rows took {each:.2f} times the CPU of {fewest:,} rows, a row (1 is linear)"


def _submit(server: Served, project: str, rows: int) -> tuple[float, float]:
    """Stage the files of a sheet, then send it to both calls; the server's CPU seconds of each."""
    names = [f"s{row:05d}_R{read}.fastq.gz" for row in range(rows) for read in (1, 2)]
    asyncio.run(_stage(server.folder, names))
    fields = {"checklist_id": "ERC000011", "project_accession": project}
    sheet = _sheet(rows)
    spent = []
    for call in ("validate", "confirm"):
        request = form(f"{V1}/bulk-submit/{call}", sheet, fields, server.token)
        answer = measure(server, lambda _, r=request: r, count=1, keep=True)
        assert answer.statuses == {200: 1}, answer.bodies[0][:500]
        body: dict[str, Any] = json.loads(answer.bodies[0])
        assert body["valid"] if call == "validate" else len(body["runs"]) == 2 * rows
        spent.append(answer.cpu_ms / 1000)
    return spent[0], spent[1]


def _sheet(rows: int) -> str:
    lines = ["\t".join(COLUMNS)]
    for row in range(rows):
        pair = [f"s{row:05d}_R{read}.fastq.gz" for read in (1, 2)]
        sample = (f"s{row:05d}", "Bos taurus", "9913", "2024-05-01", "Kenya")
        lines.append("\t".join([*sample, *pair, *map(_md5, pair), "WGS", "ILLUMINA", "NextSeq 550"]))
    return "\n".join(lines)


def _md5(name: str) -> str:
    return hashlib.md5(name.encode()).hexdigest()


async def _stage(folder: Path, names: list[str]) -> None:
    """Put rows of verified files into the database, as uploads and their validation leave them."""
    wiring = Wiring(from_environment(data_dir=folder, s3_endpoint="none"))
    async with wiring.writing() as unit:
        owner = (await unit.session.scalars(select(Account.id))).one()
        serials = (await mint(unit.session, {Kind.FILE: len(names)}))[Kind.FILE]
        shared = {"owner_id": owner, "state": FileState.VERIFIED, "size": 10, "sha256": "0" * 64}
        rows = [
            {"id": new_id(), "serial": serial, "filename": name, "md5": _md5(name), "key": f"files/{serial}", **shared}
            | {"upload_method": "direct", "format": "FASTQ"}
            for serial, name in zip(serials, names, strict=True)
        ]
        await unit.session.execute(insert(File), rows)
    await wiring.close()


if __name__ == "__main__":
    main()
