"""A broken file is refused with the same words wherever it comes in, on both databases."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, NamedTuple

import httpx
import pytest
from simulation.breakage import Breakage, break_file

from seqark_client.answers import FileStatus
from tests.journeys.travelling import CHECKLIST, Submitter, md5, sheet_of, submitter_of
from tests.servers.serving import DEADLINE, ROOT, environment, running_service

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from simulate import Dataset


class Refusal(NamedTuple):
    """The words with which a file is refused: the code and sentence of its first error, and where that is."""

    code: str
    message: str
    line: int | None
    record: int | None
    offset: int | None


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def submitter(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Submitter]:
    url = request.getfixturevalue("fresh_postgres") if request.param == "postgresql" else ""
    with running_service(tmp_path_factory.mktemp("words"), url) as serving:
        yield submitter_of(serving)


@pytest.fixture(scope="module")
def broken(dataset: Dataset, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A FASTQ file whose last quality is short, a BAM file with a broken block, a VCF file with a bad record."""
    folder, sample = tmp_path_factory.mktemp("broken"), dataset.samples[0]
    files = {name: folder / name for name in ("short_R1.fastq.gz", "flipped.bam", "reference.vcf.gz")}
    reads, alignments, variants = files.values()
    break_file(Breakage.QUALITY_SHORT, sample.forward, reads, record=200)
    break_file(Breakage.BYTE_FLIPPED, sample.bam, alignments)
    break_file(Breakage.VCF_REF_BAD, sample.vcf, variants, record=3)
    return files


@pytest.fixture(scope="module")
def words(broken: dict[str, Path]) -> dict[str, Refusal]:
    """What `seqark validate` says of each file."""
    command = [sys.executable, "-m", "app", "validate", "--json", *map(str, broken.values())]
    done = subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    verdicts = [json.loads(line)["verdict"] for line in done.stdout.splitlines()]
    return dict(zip(broken, map(first_error, verdicts), strict=True))


def first_error(verdict: dict[str, object]) -> Refusal:
    """The words in a verdict as it is told in JSON."""
    assert isinstance(verdict["findings"], list)
    error = next(finding for finding in verdict["findings"] if finding["severity"] == "error")
    return Refusal(error["code"], error["message"], *(error.get(place) for place in ("line", "record", "offset")))


def refusal_of(submitter: Submitter, file_id: str) -> Refusal:
    """The words with which the archive has refused a staged file, once it has."""
    (file,) = submitter.client.waiting.for_files([file_id], deadline=DEADLINE)
    assert file.status is FileStatus.REJECTED
    told = submitter.http.get(f"/api/v1/staging/files/{file_id}", headers=submitter.headers).json()
    found = first_error(told["verdict"])
    assert file.reason == f"{found.code}: {found.message}"
    return found


def uploaded(submitter: Submitter, path: Path) -> str:
    """Send a file through the service, as a form."""
    form = {"file": (path.name, path.read_bytes())}
    answer = submitter.http.post("/api/v1/staging/upload", headers=submitter.headers, files=form)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["id"])


def put_by_link(submitter: Submitter, path: Path) -> str:
    """Send a file straight to the store, by a signed link."""
    content = path.read_bytes()
    promise = {"filename": path.name, "file_size": len(content), "checksum_md5": md5(content)}
    begun = submitter.http.post("/api/v1/staging/initiate", json=promise, headers=submitter.headers).json()
    assert httpx.put(begun["presigned_url"], content=content, timeout=DEADLINE).status_code == 200
    file_id = str(begun["staged_file_id"])
    done = submitter.http.post(f"/api/v1/staging/complete/{file_id}", json={}, headers=submitter.headers)
    assert done.status_code == 200, done.text
    return file_id


def test_the_command_says_where_each_file_is_broken(words: dict[str, Refusal]) -> None:
    reads, alignments, variants = words.values()
    assert (reads.line, reads.record) == (800, 200)
    assert (alignments.code.partition("_")[0], alignments.offset is not None) == ("bgzf", True)
    assert variants.record == 3
    assert variants.line is not None


@pytest.mark.parametrize("send", [uploaded, put_by_link])
def test_the_archive_refuses_each_file_with_the_words_of_the_command(
    submitter: Submitter, broken: dict[str, Path], words: dict[str, Refusal], send: Callable[[Submitter, Path], str]
) -> None:
    sent = {name: send(submitter, path) for name, path in broken.items()}
    assert {name: refusal_of(submitter, file_id) for name, file_id in sent.items()} == words


def test_a_sheet_that_names_the_files_is_refused_with_the_same_words_at_each_row(
    submitter: Submitter, broken: dict[str, Path], words: dict[str, Refusal], tmp_path: Path
) -> None:
    for path in broken.values():
        refusal_of(submitter, uploaded(submitter, path))
    sheet = sheet_of("words", [(name, md5(path.read_bytes())) for name, path in broken.items()], tmp_path)
    about = {"checklist_id": CHECKLIST, "project_accession": submitter.project}
    report = submitter.client.sheets.validate(sheet, **about)
    assert not report.valid
    assert len(report.rows) == len(words)
    for row, (name, found) in zip(report.rows, words.items(), strict=True):
        assert [error.code for error in row.errors] == ["rejected_file"]
        assert row.errors[0].message == f"{name!r} was rejected: {found.code}: {found.message}"
    form = {"file": (sheet.name, sheet.read_bytes())}
    confirmed = submitter.http.post("/api/v1/bulk-submit/confirm", headers=submitter.headers, data=about, files=form)
    assert confirmed.status_code == 400, confirmed.text
    told = [issue["message"] for issue in confirmed.json()["issues"]]
    assert all(any(found.message in message for message in told) for found in words.values())
