"""The service is asked to end, or its supervisor is killed: what is in flight is answered, and nothing stays behind."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.journeys.travelling import Look, Submitter, form_of, submitter_of
from tests.servers.serving import DEADLINE, ROOT, Serving, eventually, is_gone

if TYPE_CHECKING:
    from collections.abc import Iterator

    from simulate import Dataset


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """A service that the tests of this module end and start again on the same folder."""
    running = Serving(tmp_path_factory.mktemp("stopping"), graceful_seconds=60)
    yield running
    running.end()


@pytest.fixture(scope="module")
def submitter(serving: Serving) -> Submitter:
    serving.start()
    return submitter_of(serving)


@pytest.fixture(autouse=True)
def up(serving: Serving, submitter: Submitter) -> None:
    """Every test begins with a service that runs, whichever test came before it."""
    if serving.process is None or serving.process.poll() is not None:
        serving.start()
        submitter.reconnect()


def upload_in_halves(submitter: Submitter, content: bytes, go_on: threading.Event) -> tuple[threading.Thread, list]:
    """Begin an upload whose second half waits for `go_on`; returns once the archive has the first half."""
    halves, headers = form_of({}, "halves.vcf.gz", content)
    answers: list[httpx.Response] = []

    def body() -> Iterator[bytes]:
        yield halves[0]
        go_on.wait(DEADLINE)
        yield halves[1]

    def upload() -> None:
        address = f"{submitter.serving.base_url}/api/v1/staging/upload"
        sent = {**submitter.headers, **headers}
        answers.append(httpx.post(address, content=body(), headers=sent, timeout=DEADLINE))

    uploading = threading.Thread(target=upload)
    uploading.start()
    look = Look(submitter.serving)
    eventually(lambda: look.file("filename = 'halves.vcf.gz' AND state = 'receiving'"), "the first half")
    return uploading, answers


@pytest.fixture
def large_run(submitter: Submitter) -> tuple[str, bytes]:
    """A run with more bytes than a connection keeps on its way."""
    head = b"##fileformat=VCFv4.2\n##contig=<ID=c,length=9000000>\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
    content = head + b"".join(b"c\t%d\t.\tA\tC\t.\tPASS\t.\n" % place for place in range(1, 1_000_000))
    file_id = submitter.upload("large.vcf", content)
    submitter.client.waiting.for_files([file_id], deadline=DEADLINE)
    return submitter.make_run(file_id), content


def test_a_stop_answers_what_is_in_flight_leaves_no_process_and_loses_nothing(
    serving: Serving, submitter: Submitter, dataset: Dataset, large_run: tuple[str, bytes]
) -> None:
    content, go_on = dataset.samples[0].vcf.read_bytes(), threading.Event()
    run, large = large_run
    link = submitter.client.downloads.link(run)
    uploading, answers = upload_in_halves(submitter, content, go_on)
    processes = serving.tree()
    assert len(processes) >= 3
    assert serving.process is not None
    with httpx.stream("GET", link, timeout=DEADLINE) as download:
        chunks = download.iter_raw(2**16)
        begun = next(chunks)
        serving.process.send_signal(signal.SIGTERM)
        eventually(lambda: serving.told("stopping"), "the service to begin its stop")
        assert begun + b"".join(chunks) == large
    go_on.set()
    uploading.join()
    assert [answer.status_code for answer in answers] == [200]
    submitter.was_acknowledged(answers[0], content)
    assert serving.process.wait(DEADLINE) == 0
    assert [process for process in processes if not is_gone(process)] == []
    serving.start()
    submitter.reconnect()
    submitter.check_promises()


def test_a_second_service_on_the_same_folder_is_refused_in_one_sentence(serving: Serving) -> None:
    command = [sys.executable, "-m", "app", "serve", "--port", "0", "--data-dir", str(serving.data_dir)]
    done = subprocess.run(command, cwd=ROOT, env=serving.environ, capture_output=True, timeout=DEADLINE, check=False)
    assert done.returncode == 1
    said = [line for line in done.stderr.decode().splitlines() if not line.startswith("{")]
    assert len(said) == 1
    assert str(serving.data_dir) in said[0]
    assert serving.is_ready()


def test_when_the_supervisor_is_killed_its_processes_end_and_a_new_service_takes_over(
    serving: Serving, submitter: Submitter
) -> None:
    processes = serving.tree()
    assert len(processes) >= 3
    assert serving.process is not None
    serving.process.kill()
    serving.process.wait()
    for process in processes:
        eventually(lambda process=process: is_gone(process), f"process {process.pid} to end by itself")
    serving.start()
    submitter.reconnect()
    submitter.checked.clear()
    submitter.check_promises()


def test_an_interrupt_at_the_terminal_stops_it_as_well(serving: Serving, submitter: Submitter) -> None:
    assert serving.process is not None
    processes = serving.tree()
    serving.process.send_signal(signal.SIGINT)
    assert serving.process.wait(DEADLINE) == 0
    assert [process for process in processes if not is_gone(process)] == []


def test_every_line_of_the_log_is_one_json_object_with_its_process_and_time(
    serving: Serving, submitter: Submitter
) -> None:
    lines = serving.lines()
    assert [line for line in lines if "text" in line] == []
    assert {line["process"] for line in lines} == {"supervisor", "api", "worker"}
    assert all({"event", "level", "timestamp"} <= set(line) for line in lines)
    assert all(line["request_id"] for line in serving.told("request"))
