"""Promises of uploads over a network that misbehaves: whole, once, in bounded memory, and able to go on."""

from __future__ import annotations

import hashlib
import tracemalloc
from typing import TYPE_CHECKING

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqark_client.answers import FileStatus, UploadTicket
from seqark_client.errors import FileChanged, NotFound, StoreRefused, UploadInterrupted
from seqark_client.parts import MAX_PARTS, MIB, MIN_PART, part_size_of, parts_of

if TYPE_CHECKING:
    from pathlib import Path

    from seqark_client import Client
    from tests.client.conftest import Network

DATA = bytes(range(256)) * 14  # 3,584 bytes: four parts of 1,000


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "reads_R1.fastq.gz"
    path.write_bytes(DATA)
    return path


def stored(network: Network) -> bytes:
    keys = sorted(network.objects, key=lambda key: int(key.split(".")[1]))
    return b"".join(network.objects[key] for key in keys)


def test_the_parts_hold_the_file_and_complete_names_their_etags_in_order(
    client: Client, network: Network, file: Path
) -> None:
    staged = client.uploads.send(file)
    assert stored(network) == DATA
    assert staged.status is FileStatus.VERIFYING
    told = network.staged[staged.id]
    assert (told["filename"], told["file_size"]) == (file.name, len(DATA))
    assert told["checksum_md5"] == hashlib.md5(DATA).hexdigest()
    etags = [f'"{hashlib.md5(DATA[at : at + 1000]).hexdigest()}"' for at in range(0, len(DATA), 1000)]
    assert told["completed_with"] == {
        "parts": [{"PartNumber": number, "ETag": etag} for number, etag in enumerate(etags, start=1)]
    }


@pytest.mark.parametrize("size", [0, 1, 1000])
def test_a_file_of_one_part_goes_to_the_single_address(
    size: int, client: Client, network: Network, tmp_path: Path
) -> None:
    path = tmp_path / "one"
    path.write_bytes(DATA[:size])
    staged = client.uploads.send(path)
    assert stored(network) == DATA[:size]
    assert "parts" not in network.staged[staged.id]
    assert network.staged[staged.id]["completed_with"] == {}


def test_the_token_never_reaches_the_object_store(client: Client, network: Network, file: Path) -> None:
    client.uploads.send(file)
    assert len(network.seen("PUT /bucket")) == 4
    assert all("Authorization" not in headers for headers in network.seen("PUT /bucket"))
    assert all(headers["Authorization"] == "Bearer the-token" for headers in network.seen("/api/v1/"))


@pytest.mark.parametrize(("kind", "at"), [("drop", 0), ("late_drop", 0), ("status", 503), ("status", 500)])
def test_a_part_that_fails_for_a_passing_reason_is_sent_again_and_only_that_part(
    kind: str, at: int, client: Client, network: Network, file: Path
) -> None:
    network.misbehave(kind, r"PUT /bucket/f1\.2", at=at, times=2)
    client.uploads.send(file)
    assert stored(network) == DATA
    sent = network.counted()
    assert [sent[f"PUT /bucket/f1.{number}?sig=x"] for number in (1, 2, 3, 4)] == [1, 3, 1, 1]


def test_a_refusal_of_the_store_is_not_tried_again_and_is_named(client: Client, network: Network, file: Path) -> None:
    network.misbehave("status", r"PUT /bucket/f1\.3", at=403)
    with pytest.raises(UploadInterrupted, match=r"part 3 of reads_R1.fastq.gz: Injected \(HTTP 403\)") as caught:
        client.uploads.send(file)
    assert isinstance(caught.value.__cause__, StoreRefused)
    assert len(network.seen(r"PUT /bucket/f1\.3")) == 1
    assert not network.seen("complete")


def test_an_interrupted_upload_goes_on_with_the_missing_parts_alone(
    client: Client, network: Network, file: Path
) -> None:
    network.misbehave("drop", r"PUT /bucket/f1\.4", times=4)
    with pytest.raises(UploadInterrupted) as caught:
        client.uploads.send(file)
    kept = msgspec.json.decode(msgspec.json.encode(caught.value.ticket), type=UploadTicket)
    before = network.counted()
    staged = client.uploads.resume(file, kept)
    assert stored(network) == DATA
    assert network.counted() - before == {
        **{f"PUT /bucket/f1.{number}?sig=x": 1 for number in range(1, 5) if number not in kept.etags},
        "POST /api/v1/staging/complete/f1": 1,
    }
    assert len(network.staged[staged.id]["completed_with"]["parts"]) == 4


def test_another_file_cannot_go_on_with_an_upload(client: Client, network: Network, file: Path) -> None:
    network.misbehave("drop", r"PUT /bucket/f1\.4", times=4)
    with pytest.raises(UploadInterrupted) as caught:
        client.uploads.send(file)
    file.write_bytes(DATA[::-1])
    with pytest.raises(FileChanged, match="not the file whose upload began"):
        client.uploads.resume(file, caught.value.ticket)
    file.write_bytes(DATA[:-1])
    with pytest.raises(FileChanged):
        client.uploads.resume(file, caught.value.ticket)


def test_a_file_that_changes_after_it_was_digested_never_arrives(client: Client, network: Network, file: Path) -> None:
    def change(_done: int, _total: int) -> None:
        with file.open("r+b") as stream:
            stream.write(DATA[::-1])

    client.uploads._workers = 1
    with pytest.raises(UploadInterrupted, match="BadDigest"):
        client.uploads.send(file, progress=change)
    assert not network.seen("complete")


def test_a_complete_whose_answer_was_lost_is_looked_up_and_not_repeated(
    client: Client, network: Network, file: Path
) -> None:
    network.misbehave("late_drop", "POST /api/v1/staging/complete")
    assert client.uploads.send(file).status is FileStatus.VERIFYING
    assert len(network.seen("staging/complete")) == 1


def test_a_complete_that_never_arrived_is_sent_again(client: Client, network: Network, file: Path) -> None:
    network.misbehave("drop", "POST /api/v1/staging/complete", times=2)
    assert client.uploads.send(file).status is FileStatus.VERIFYING
    assert len(network.seen("staging/complete")) == 3


def test_an_initiate_whose_answer_was_lost_is_not_sent_blindly_again(
    client: Client, network: Network, file: Path
) -> None:
    network.misbehave("late_drop", "staging/initiate")
    with pytest.raises(Exception, match="does not answer"):
        client.uploads.send(file)
    assert len(network.staged) == 1


def test_progress_ends_at_the_whole_also_when_a_part_was_sent_twice(
    client: Client, network: Network, file: Path
) -> None:
    network.misbehave("late_drop", r"PUT /bucket/f1\.1")
    told: list[tuple[int, int]] = []
    client.uploads.send(file, progress=lambda done, total: told.append((done, total)))
    assert told[-1] == (len(DATA), len(DATA))
    assert {total for _, total in told} == {len(DATA)}
    assert all(0 <= done <= len(DATA) for done, _ in told)


def test_an_upload_holds_far_less_than_the_file(client: Client, network: Network, tmp_path: Path) -> None:
    path = tmp_path / "large"
    size = 48 * MIB
    with path.open("wb") as stream:
        stream.truncate(size)
    client.uploads._part_size = 16 * MIB
    network.misbehave("drop", "PUT /bucket", times=1000)
    tracemalloc.start()
    with pytest.raises(UploadInterrupted):
        client.uploads.send(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 12 * MIB


def test_a_refusal_of_the_archive_is_its_own_words(client: Client) -> None:
    with pytest.raises(NotFound, match=r"^There is no such record \(not_found, HTTP 404\)\.$"):
        client.uploads.delete("f9")


@given(size=st.integers(min_value=0, max_value=5 * 2**40))
def test_parts_keep_to_the_limits_of_s3_and_cover_the_file(size: int) -> None:
    part_size = part_size_of(size)
    count = max(1, -(-size // part_size))
    assert part_size >= MIN_PART
    assert part_size % MIB == 0
    assert count <= MAX_PARTS


@given(size=st.integers(min_value=0, max_value=5000), part_size=st.integers(min_value=1, max_value=700))
def test_parts_follow_one_another_without_gap_or_overlap(size: int, part_size: int) -> None:
    parts = parts_of(size, part_size)
    assert [part.number for part in parts] == list(range(1, len(parts) + 1))
    ends = [part.offset + part.size for part in parts]
    assert [part.offset for part in parts] == [0, *ends[:-1]]
    assert ends[-1] == size
    assert all(part.size == part_size for part in parts[:-1])
