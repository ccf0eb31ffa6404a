"""Puts the two files of a pair together, and says which files have no other half."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, Final, NamedTuple

from accession.issues import Issue

if TYPE_CHECKING:
    from collections.abc import Sequence

    from accession.nfcore.reading import RunFile

# `S1_R1_001.fastq.gz`, `S1_1.fq.gz`: what comes before the number is the same for both files of a pair.
_READ: Final = re.compile(r"[._-]R?([12])(?:_\d{3})?\.f(?:ast)?q(?:\.gz)?$", re.IGNORECASE)


LeftOut = tuple["RunFile", Issue]
"""A run that is in no row, and why."""


class Reads(NamedTuple):
    """The files of one row: read 1 and, of a pair, read 2."""

    one: RunFile
    two: RunFile | None = None


def paired(runs: Sequence[RunFile], usable: Sequence[RunFile]) -> tuple[list[Reads], list[LeftOut]]:
    """The usable runs as rows, in the order of `runs`; and why some are in none.

    Mates are a pair. Without mates, two files of a paired library are one where their read numbers, or their names,
    leave only one way to see it.
    """
    by_id = {run.id: run for run in runs}
    good = {run.id for run in usable}
    guessed = _guessed([run for run in usable if run.mate_id is None])
    rows: list[Reads] = []
    alone: list[LeftOut] = []
    for run in usable:
        mate = by_id.get(run.mate_id) if run.mate_id is not None else guessed.get(run.accession)
        if mate is not None and mate.id in good:
            first, second = _in_order(run, mate)
            if run is first:
                rows.append(Reads(first, second))
        elif run.mate_id is not None:
            other = f"{mate.accession}, which is left out" if mate is not None else "a run that you may not see"
            message = f"{run.accession} is half of a pair; the other half is {other}."
            alone.append((run, Issue("mate_missing", message, field="mate_accession")))
        elif read_number(run) == 2 and run.library_layout == "PAIRED":
            message = f"{run.accession} is read 2 of a pair without a read 1; set mate_accession on both runs."
            alone.append((run, Issue("mate_missing", message, field="mate_accession")))
        else:
            rows.append(Reads(run))
    return rows, alone


def read_number(run: RunFile) -> int | None:
    """Which read of a pair a file is, as registered or as its name says."""
    if run.read_number is not None:
        return run.read_number
    found = _READ.search(run.filename or "")
    return int(found.group(1)) if found else None


def _in_order(run: RunFile, mate: RunFile) -> tuple[RunFile, RunFile]:
    """Read 1, then read 2; where nothing tells them apart the one that was registered first is read 1."""
    one, two = read_number(run), read_number(mate)
    if one is not None and two is not None and one != two:
        return (run, mate) if one < two else (mate, run)
    if (one == 2) != (two == 2) and None in {one, two}:
        return (mate, run) if one == 2 else (run, mate)
    if (one == 1) != (two == 1) and None in {one, two}:
        return (run, mate) if one == 1 else (mate, run)
    return (run, mate) if run.serial < mate.serial else (mate, run)


def _guessed(runs: Sequence[RunFile]) -> dict[str, RunFile]:
    """Run → the other file of its pair, for runs without mates in paired libraries."""
    groups: dict[tuple[str | None, str], dict[int, list[RunFile]]] = defaultdict(lambda: defaultdict(list))
    for run in runs:
        number = read_number(run)
        if number is not None and run.library_layout == "PAIRED" and run.experiment is not None:
            for key in {_stem(run), ""}:
                groups[run.experiment, key][number].append(run)
    found: dict[str, RunFile] = {}
    for (_, stem), numbers in sorted(groups.items(), key=lambda group: not group[0][1]):  # by name first
        free = {number: [run for run in numbers[number] if run.accession not in found] for number in (1, 2)}
        if len(free[1]) == len(free[2]) == 1 and (stem or _all_told(numbers)):
            one, two = free[1][0], free[2][0]
            found |= {one.accession: two, two.accession: one}
    return found


def _all_told(numbers: dict[int, list[RunFile]]) -> bool:
    """Whether both read numbers were registered, and not told by names that do not agree."""
    return all(run.read_number is not None for runs in numbers.values() for run in runs)


def _stem(run: RunFile) -> str:
    found = _READ.search(run.filename or "")
    return (run.filename or "")[: found.start()] if found else ""
