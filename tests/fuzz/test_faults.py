"""A damaged file is refused, or says the same as before, or is one that other software finds valid too."""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from tests.fuzz.children import Child, Crashed
from tests.fuzz.examining import examined
from tests.fuzz.faults import cuts, faults
from tests.fuzz.oracles import decoded
from tests.fuzz.samples import KINDS, corpus_samples, made_samples
from tests.fuzz.summary import PROPERTY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from tests.fuzz.faults import Fault
    from tests.fuzz.samples import Sample

STREAMED = 20  # one fault in so many is examined as a stream too
LARGE = 64_000  # bytes; files of the corpus past this get few faults
IN_BLOCKS = ("fastq.bgzf", "bam", "vcf.gz", "bcf", "cram")


class Judge:
    """Compares what we say of a fault with what the oracle says; each speaks from a child that may crash."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ours, self.oracle = Child(examined), Child(decoded)

    def end(self) -> None:
        """Ends both children."""
        self.ours.end()
        self.oracle.end()

    def means(self, name: str, data: bytes, reference: Path | None) -> str | None:
        """A digest of what the oracle reads from the file; None when it refuses it or crashes."""
        path = self.folder / name
        path.write_bytes(data)
        try:
            return self.oracle.call(path, reference)
        except Crashed:
            return None

    def outcome(self, fault: Fault, meaning: str | None) -> str:
        """`refused`, `identical` or `valid elsewhere`; anything else says what is wrong."""
        sample = fault.sample
        path = self.folder / sample.name
        path.write_bytes(fault.data)
        try:
            opinion = self.ours.call(path, sample.reference, streamed=fault.number % STREAMED == 0)
        except (Crashed, RuntimeError) as error:
            return f"crash: {error}"
        if opinion.md5 != hashlib.md5(fault.data).hexdigest() or opinion.md5 == hashlib.md5(sample.data).hexdigest():
            return "the md5 does not tell the change"
        if opinion.sha256 != hashlib.sha256(fault.data).hexdigest():
            return "the sha256 does not tell the change"
        if not opinion.steady:
            return "a stream gets another verdict than the file"
        if not opinion.valid:
            return "refused" if opinion.error else "refused without a reason"
        found = self.means(sample.name, fault.data, sample.reference)
        if found is None:
            return "accepted, but the oracle refuses it"
        if found == meaning:
            return "identical"
        return "accepted, though a checksum covers the change" if fault.sealed else "valid elsewhere"


GOOD = ("refused", "identical", "valid elsewhere")


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> list[Sample]:
    return [*made_samples(tmp_path_factory.mktemp("fuzz") / "made"), *corpus_samples()]


@pytest.fixture
def judge(tmp_path: Path) -> Iterator[Judge]:
    made = Judge(tmp_path)
    yield made
    made.end()


def _failures(
    judge: Judge, samples: Iterable[Sample], drawn: Callable[[Sample], Iterable[Fault]]
) -> tuple[Counter[str], list[str]]:
    """How many faults came to what, and a line for each that came to nothing good, whose file is kept."""
    tally: Counter[str] = Counter()
    failures = []
    for sample in samples:
        meaning = judge.means(sample.name, sample.data, sample.reference)
        assert meaning is not None, f"the oracle refuses {sample.name}"
        for fault in drawn(sample):
            outcome = judge.outcome(fault, meaning)
            tally["faults"] += 1
            tally[outcome if outcome in GOOD else "failed"] += 1
            if outcome not in GOOD:
                kept = judge.folder / f"{fault.mutation}-{fault.number}-{sample.name}"
                kept.write_bytes(fault.data)
                failures.append(f"{kept}: {outcome}")
    return tally, failures


@pytest.mark.parametrize("kind", KINDS)
def test_a_fault_is_refused_or_changes_nothing_or_is_valid_elsewhere_too(
    kind: str, samples: list[Sample], judge: Judge, request: pytest.FixtureRequest, record_property: Callable
) -> None:
    """Inside gzip, BGZF and CRAM nothing is valid elsewhere unless the checksum was made anew or members moved."""
    total, seed = request.config.getoption("--faults"), request.config.getoption("--seed")
    chosen = [sample for sample in samples if sample.kind == kind]
    made = sum(sample.ours for sample in chosen)

    def drawn(sample: Sample) -> Iterable[Fault]:
        share = -(-total // made) if sample.ours else total // (400 if len(sample.data) > LARGE else 40)
        return faults(sample, seed, share)

    tally, failures = _failures(judge, chosen, drawn)
    record_property(f"{PROPERTY} {kind}", dict(tally))
    assert tally["faults"] >= total
    assert not failures, "\n".join(failures)


@pytest.mark.parametrize("kind", IN_BLOCKS)
def test_a_file_that_is_cut_between_its_blocks_is_refused(kind: str, samples: list[Sample], judge: Judge) -> None:
    """Reads in BGZF that have lost their end-of-file block alone say what they said before."""
    chosen = [sample for sample in samples if sample.kind == kind]
    tally, failures = _failures(judge, chosen, cuts)
    assert not failures, "\n".join(failures)
    assert tally["faults"] > len(chosen)
    assert tally["refused"] >= tally["faults"] - (len(chosen) if kind == "fastq.bgzf" else 0)


@pytest.mark.parametrize("kind", KINDS)
def test_the_good_files_are_accepted_and_the_oracle_reads_them(
    kind: str, samples: list[Sample], judge: Judge, tmp_path: Path
) -> None:
    for sample in samples:
        if sample.kind == kind:
            assert judge.means(sample.name, sample.data, sample.reference), sample.name
            opinion = judge.ours.call(tmp_path / sample.name, sample.reference, streamed=True)
            assert (opinion.valid, opinion.steady) == (True, True), (sample.name, opinion.error)
