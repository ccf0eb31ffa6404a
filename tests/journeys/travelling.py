"""One submitter's way through a running archive, over HTTP alone; looks into the database only to see where it is."""

from __future__ import annotations

import asyncio
import hashlib
import sqlite3
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import httpx

from seqark_client import Client
from seqark_client.answers import FileStatus
from seqark_client.patience import Patience
from tests.servers.serving import DEADLINE, eventually

if TYPE_CHECKING:
    from pathlib import Path

    from tests.servers.serving import Serving

EMAIL, PASSWORD = "submitter@example.org", "a-long-password"
GOOD = {FileStatus.VERIFYING, FileStatus.VERIFIED, FileStatus.LINKED}
CHECKLIST = "ERC000011"


@dataclass
class Submitter:
    """What one account has done and was promised: `acknowledged` files by id, their `runs` once they are made."""

    serving: Serving
    client: Client
    project: str = ""
    experiment: str = ""
    acknowledged: dict[str, bytes] = field(default_factory=dict)
    runs: dict[str, str] = field(default_factory=dict)
    checked: set[str] = field(default_factory=set)

    @property
    def http(self) -> httpx.Client:
        return self.client.session.http

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.client.session._tokens.access_token}"}  # type: ignore[union-attr]

    def reconnect(self) -> None:
        """Speak to the service where it is now, with the token of before: it survives a restart."""
        tokens = self.client.session._tokens
        self.client.close()
        self.client = client_of(self.serving)
        self.client.session._tokens = tokens

    def settle_down(self) -> None:
        """Make a project, and in it an experiment that runs can belong to."""
        self.project = self.client.projects.create(
            {"title": "Journeys", "description": "What is sent in", "project_type": "WGS"}
        ).accession
        organism = {"organism": "Danio rerio", "tax_id": 7955, "project_accession": self.project}
        subject = self.client.subjects.create(organism)
        sample = self.client.samples.create(
            organism
            | {
                "checklist_id": CHECKLIST,
                "subject_accession": subject.accession,
                "collection_date": "2026-01-10",
                "geographic_location": "Saudi Arabia",
            }
        )
        self.experiment = self.client.experiments.create(
            {
                "sample_accession": sample.accession,
                "platform": "ILLUMINA",
                "instrument_model": "Illumina NovaSeq 6000",
                "library_strategy": "WGS",
                "library_source": "GENOMIC",
                "library_layout": "PAIRED",
            }
        ).accession

    def upload(self, name: str, content: bytes) -> str:
        """Send a file through the service; the id of the file that was acknowledged."""
        answer = self.http.post("/api/v1/staging/upload", headers=self.headers, files={"file": (name, content)})
        assert answer.status_code == 200, answer.text
        return self.was_acknowledged(answer, content)

    def was_acknowledged(self, answer: httpx.Response, content: bytes) -> str:
        """Remember a file that the archive has answered for."""
        file_id = answer.json()["id"]
        self.acknowledged[file_id] = content
        return str(file_id)

    def make_run(self, file_id: str) -> str:
        """Make a run of a verified file, once."""
        if file_id not in self.runs:
            made = self.client.runs.create({"experiment_accession": self.experiment, "file_id": file_id})
            self.runs[file_id] = made.accession
        return self.runs[file_id]

    def check_promises(self) -> None:
        """Every acknowledged file not `checked` yet is verified with its digests, and comes back byte by byte."""
        for file_id, content in self.acknowledged.items():
            if file_id in self.checked:
                continue
            (file,) = self.client.waiting.for_files([file_id], deadline=DEADLINE)
            assert file.status in {FileStatus.VERIFIED, FileStatus.LINKED}, file
            told = (file.file_size, file.checksum_md5, file.checksum_sha256)
            assert told == (len(content), md5(content), hashlib.sha256(content).hexdigest())
            link = self.client.downloads.link(self.make_run(file_id))
            assert fetched(link) == content
            self.checked.add(file_id)
        listed = [run.accession for run in self.client.runs.each(experiment_accession=self.experiment)]
        assert sorted(listed) == sorted(self.runs.values()), "each file is one run, and no run is there twice"
        assert len(set(listed)) == len(listed)

    def sees_nothing_of(self, name: str) -> None:
        """No file of that name looks as if it had arrived."""
        listed = self.http.get("/api/v1/staging/files", headers=self.headers, params={"filename": name}).json()
        assert not [file for file in listed if file["status"] in GOOD], listed


def client_of(serving: Serving) -> Client:
    """A client that takes its time: the machine may be busy."""
    return Client(serving.base_url, timeout=DEADLINE, part_size=5 * 2**20, patience=Patience(longest_wait=0.5))


def submitter_of(serving: Serving) -> Submitter:
    """Register, sign in, and make what runs need."""
    client = client_of(serving)
    client.session.register(EMAIL, PASSWORD, "Sub Mitter")
    client.session.login(EMAIL, PASSWORD)
    submitter = Submitter(serving, client)
    submitter.settle_down()
    return submitter


def fetched(link: str) -> bytes:
    """The bytes behind a link; a store that has just come back says 500 "please try again" for a moment."""
    answer = eventually(lambda: _unless_store_asks_again(httpx.get(link, timeout=DEADLINE)), "the store to answer")
    assert answer.status_code == 200, answer.text
    return answer.content  # type: ignore[no-any-return]


def _unless_store_asks_again(answer: httpx.Response) -> httpx.Response | None:
    return None if answer.status_code >= 500 else answer


def md5(content: bytes) -> str:
    return hashlib.md5(content).hexdigest()


def sheet_of(alias: str, files: list[tuple[str, str]], folder: Path) -> Path:
    """A sheet with one sample and a row for each file (name, md5)."""
    columns = ["sample_alias", "organism", "tax_id", "collection_date", "geographic_location", "filename_forward"]
    columns += ["md5_forward", "library_strategy", "platform", "instrument_model", "library_source", "library_layout"]
    library = ["WGS", "ILLUMINA", "Illumina NovaSeq 6000", "GENOMIC", "SINGLE"]
    rows = [
        [alias, "Danio rerio", "7955", "2026-01-10", "Saudi Arabia", name, digest, *library] for name, digest in files
    ]
    path = folder / f"{alias}.tsv"
    path.write_text("".join("\t".join(cells) + "\n" for cells in [columns, *rows]))
    return path


def form_of(fields: dict[str, str], name: str, content: bytes) -> tuple[list[bytes], dict[str, str]]:
    """A form with one file as two halves to send one after the other, and its headers."""
    head = "".join(
        f'--b\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n' for key, value in fields.items()
    )
    head += f'--b\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
    whole = head.encode() + content + b"\r\n--b--\r\n"
    middle = len(head.encode()) + len(content) // 2
    return [whole[:middle], whole[middle:]], {
        "Content-Type": "multipart/form-data; boundary=b",
        "Content-Length": str(len(whole)),
    }


class Look:
    """Reads the database of a running service, to see how far it has come."""

    def __init__(self, serving: Serving) -> None:
        self.serving = serving

    def file(self, condition: str, **values: str) -> bool:
        """Whether there is a file row for which a condition on `:name` or `:id` holds."""
        return self._first("seqark.sqlite", f"SELECT 1 FROM files WHERE {condition} LIMIT 1", values)

    def work(self, worker: int, *tasks: str) -> bool:
        """Whether the worker with that process id has begun one of the tasks and not ended it."""
        names = ", ".join(f"'{task}'" for task in tasks)
        condition = f"status = 'running' AND task_name IN ({names}) AND worker_id LIKE '%-{worker}'"
        return self._first("queue.sqlite", f"SELECT 1 FROM queue_task WHERE {condition} LIMIT 1", {})

    def _first(self, file: str, statement: str, values: dict[str, str]) -> bool:
        if self.serving.database_url:
            return asyncio.run(_asked(self.serving.database_url, statement, values))
        path = self.serving.data_dir / file
        connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=DEADLINE)
        try:
            return connection.execute(statement, values).fetchone() is not None
        finally:
            connection.close()


async def _asked(url: str, statement: str, values: dict[str, str]) -> bool:
    import asyncpg

    for number, name in enumerate(values, start=1):
        statement = statement.replace(f":{name}", f"${number}::text")
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchrow(statement, *values.values()) is not None
    finally:
        await connection.close()
