"""Our marks of reads are those that FastQC itself gives, module by module, on good reads and on each kind of bad ones.

Left out on purpose: reads of more than 1,000 bases, which FastQC counts in its GC distribution by a fraction each.
"""

from __future__ import annotations

import random
import subprocess
from typing import TYPE_CHECKING

import pytest

from qc.engines.fastqc import FastQC, _member, parse_data
from qc.validate import validate

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

READS, LENGTH = 1500, 100
ADAPTER = "AGATCGGAAGAGCACACGTCTGAACTCCAGTCA"
Read = tuple[str, str]


def bases(chance: random.Random, length: int = LENGTH, *, centre: float = 0.42) -> str:
    """Random bases whose GC content is spread about `centre`, as that of fragments of one genome is."""
    gc = min(0.9, max(0.1, chance.gauss(centre, 0.07)))
    return "".join(chance.choices("ACGT", [(1 - gc) / 2, gc / 2, gc / 2, (1 - gc) / 2], k=length))


def qualities(chance: random.Random, length: int = LENGTH, *, start: float = 36, fall: float = 0.02) -> str:
    scores = (start - fall * place + chance.gauss(0, 3) for place in range(length))
    return "".join(chr(33 + max(2, min(41, int(score)))) for score in scores)


def good(chance: random.Random) -> Read:
    return bases(chance), qualities(chance)


def falling(chance: random.Random) -> Read:
    return bases(chance), qualities(chance, fall=0.14)


def poor(chance: random.Random) -> Read:
    return bases(chance), qualities(chance, start=18)


def biased(chance: random.Random) -> Read:
    return "".join(chance.choices("ACGT", [37, 19, 22, 22])) + bases(chance, LENGTH - 1), qualities(chance)


def uncalled(chance: random.Random) -> Read:
    read = bases(chance)
    return f"{read[:60]}{'N' if chance.random() < 0.2 else read[60]}{read[61:]}", qualities(chance)


def contaminated(chance: random.Random) -> Read:
    return bases(chance, centre=0.42 if chance.random() < 0.7 else 0.68), qualities(chance)


def trimmed(chance: random.Random) -> Read:
    length = chance.randint(60, LENGTH)
    return bases(chance, length), qualities(chance, length)


def adapted(chance: random.Random) -> Read:
    read = bases(chance)
    return (read[:60] + ADAPTER + read[93:] if chance.random() < 0.3 else read), qualities(chance)


def duplicated(chance: random.Random) -> Read:
    return bases(random.Random(chance.randrange(200))), qualities(chance)


def repeated(chance: random.Random) -> Read:
    return (bases(random.Random(1)) if chance.random() < 0.005 else bases(chance)), qualities(chance)


KINDS: dict[Callable[[random.Random], Read], tuple[str, str]] = {
    good: ("Basic Statistics", "pass"),
    falling: ("Per base sequence quality", "warn"),
    poor: ("Per sequence quality scores", "fail"),
    biased: ("Per base sequence content", "warn"),
    uncalled: ("Per base N content", "warn"),
    contaminated: ("Per sequence GC content", "fail"),
    trimmed: ("Sequence Length Distribution", "warn"),
    adapted: ("Adapter Content", "fail"),
    duplicated: ("Sequence Duplication Levels", "fail"),
    repeated: ("Overrepresented sequences", "warn"),
}


@pytest.fixture(scope="module")
def measured(fastqc_required: FastQC, tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, Path]]:
    """A file of each kind of reads, and FastQC's zip of it, all made by one call."""
    folder = tmp_path_factory.mktemp("kinds")
    files = []
    for make in KINDS:
        chance = random.Random(make.__name__)
        reads = (make(chance) for _ in range(READS))
        path = folder / f"{make.__name__}.fastq"
        path.write_text("".join(f"@r{n}\n{read}\n+\n{scores}\n" for n, (read, scores) in enumerate(reads)))
        files.append(path)
    command = [fastqc_required.executable, "--quiet", "--noextract", "--outdir", folder, *files]
    subprocess.run(command, check=True, env=fastqc_required._environment())
    return {path.stem: (path, folder / f"{path.stem}_fastqc.zip") for path in files}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_marks_are_those_of_fastqc(kind: Callable[..., Read], measured: dict[str, tuple[Path, Path]]) -> None:
    path, archive = measured[kind.__name__]
    theirs = parse_data(_member(archive, "fastqc_data.txt"))["modules"]
    ours = {grade.module: grade.mark.value for grade in validate(path).grades}
    assert ours == theirs
    module, mark = KINDS[kind]
    assert ours[module] == mark
