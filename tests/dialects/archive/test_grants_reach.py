"""What a grant on a project, a sample or a file reaches, to an account and to a group, and what it does not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.conftest import make_person
from tests.dialects.archive.records import EXPERIMENT, SAMPLE, make_experiment, make_sample
from tests.dialects.archive.sharing import grant, granted, make_group, private_tree, status
from tests.dialects.archive.uploading import READS, md5_of, put, send, verify

if TYPE_CHECKING:
    import httpx

    from app.wiring import Wiring

pytestmark = pytest.mark.anyio
V1 = "/api/v1"
RUN_READS = ("", "/qc", "/validation", "/download")


async def add_run(api: httpx.AsyncClient, wiring: Wiring, who: Any, experiment: str, content: bytes) -> tuple[str, str]:
    """A run of a staged file of `who`, and the file's id."""
    file_id = (await send(api, who, content)).json()["id"]
    await verify(wiring, file_id, format="FASTQ")
    body = {"experiment_accession": experiment, "file_id": file_id}
    made = await api.post(f"{V1}/runs", json=body, headers=who.headers)
    assert made.status_code == 201, made.text
    return made.json()["accession"], file_id


@pytest.fixture
async def tree(store: Any, api: httpx.AsyncClient, wiring: Wiring, alice: Any) -> dict[str, str]:
    """A private project of two samples with a run each."""
    made = await private_tree(api, alice)
    made["runs"], made["file"] = await add_run(api, wiring, alice, made["experiments"], b"@a\nACGT\n+\nIIII\n")
    made["other_run"], _ = await add_run(api, wiring, alice, made["other_experiment"], b"@b\nACGT\n+\nIIII\n")
    return made


async def seen(api: httpx.AsyncClient, who: Any, tree: dict[str, str]) -> set[str]:
    """The keys of what `who` can read by accession, which is what the lists show too."""
    plurals = {"other_sample": "samples", "other_experiment": "experiments", "other_run": "runs"}
    found = {k for k in tree if k != "file" and await status(api, who, f"{plurals.get(k, k)}/{tree[k]}") == 200}
    listed: set[str] = set()
    for plural in ("projects", "subjects", "samples", "experiments", "runs"):
        answer = await api.get(f"{V1}/{plural}?per_page=200", headers=who.headers)
        accessions = {record["accession"] for record in answer.json()}
        listed |= {key for key in tree if tree[key] in accessions}
    assert listed == found
    for key in ("runs", "other_run"):
        expected = {"": 200, "/qc": 200, "/validation": 200, "/download": 307}
        for ending in RUN_READS:
            wanted = expected[ending] if key in found else 404
            assert await status(api, who, f"runs/{tree[key]}{ending}") == wanted, (key, ending)
    return found


EVERYTHING = {"projects", "subjects", "samples", "experiments", "runs"}
EVERYTHING |= {"other_sample", "other_experiment", "other_run"}
OF_SAMPLE = {"samples", "experiments", "runs"}


@pytest.mark.parametrize("by_group", [False, True], ids=["account", "group"])
async def test_a_grant_reaches_what_hangs_on_it_and_nothing_else(
    api: httpx.AsyncClient, alice: Any, bob: Any, tree: dict[str, str], *, by_group: bool
) -> None:
    grantee = {"group": await make_group(api, alice, "friends", "bob")} if by_group else {"user": "bob"}
    assert await seen(api, bob, tree) == set()
    for path, reached in (
        (f"projects/{tree['projects']}", EVERYTHING),
        (f"samples/{tree['samples']}", OF_SAMPLE),
        (f"staging/files/{tree['file']}", {"runs"}),
    ):
        made = await granted(api, alice, path, level="read", **grantee)
        assert await seen(api, bob, tree) == reached
        assert await status(api, bob, f"projects/{tree['projects']}/qc") == (200 if reached is EVERYTHING else 404)
        assert (await api.delete(f"{V1}/{path}/grants/{made['id']}", headers=alice.headers)).status_code == 204
        assert await seen(api, bob, tree) == set()


async def test_personal_fields_go_to_grantees_of_the_project_only(
    api: httpx.AsyncClient, alice: Any, bob: Any, tree: dict[str, str]
) -> None:
    await granted(api, alice, f"projects/{tree['projects']}", user="bob", level="read")
    subject = await api.get(f"{V1}/subjects/{tree['subjects']}", headers=bob.headers)
    assert subject.json()["external_id"] == "tag 7"
    released = await api.post(f"{V1}/projects/{tree['projects']}/release", json={}, headers=alice.headers)
    assert released.status_code == 200, released.text
    grants = (await api.get(f"{V1}/projects/{tree['projects']}/grants", headers=alice.headers)).json()
    await api.delete(f"{V1}/projects/{tree['projects']}/grants/{grants[0]['id']}", headers=alice.headers)
    await granted(api, alice, f"samples/{tree['samples']}", user="bob", level="share")
    subject = await api.get(f"{V1}/subjects/{tree['subjects']}", headers=bob.headers)
    assert (subject.status_code, subject.json()["external_id"]) == (200, None)


async def test_edit_on_a_sample_is_for_that_sample_alone(
    api: httpx.AsyncClient, wiring: Wiring, alice: Any, bob: Any, tree: dict[str, str]
) -> None:
    await granted(api, alice, f"samples/{tree['samples']}", user="bob", level="edit")
    experiment = await make_experiment(api, bob, tree["samples"])
    run, _ = await add_run(api, wiring, bob, experiment, b"@c\nACGT\n+\nIIII\n")
    assert await status(api, alice, f"runs/{run}") == 200
    mine = await api.patch(f"{V1}/samples/{tree['samples']}", json={"breed": "Boran"}, headers=bob.headers)
    assert mine.status_code == 200
    theirs = await api.patch(f"{V1}/samples/{tree['other_sample']}", json={"breed": "Boran"}, headers=bob.headers)
    assert theirs.status_code == 404
    body = {"sample_accession": tree["other_sample"], **EXPERIMENT}
    assert (await api.post(f"{V1}/experiments", json=body, headers=bob.headers)).status_code == 404
    body = {"project_accession": tree["projects"], **SAMPLE}
    assert (await api.post(f"{V1}/samples", json=body, headers=bob.headers)).status_code == 404
    await granted(api, alice, f"projects/{tree['projects']}", user="bob", level="read")
    assert (await api.post(f"{V1}/samples", json=body, headers=bob.headers)).status_code == 403
    theirs = await api.patch(f"{V1}/samples/{tree['other_sample']}", json={"breed": "Boran"}, headers=bob.headers)
    assert theirs.status_code == 403


async def test_edit_on_a_sample_takes_in_a_file_as_a_run_in_one_go(
    store: Any, api: httpx.AsyncClient, alice: Any, bob: Any
) -> None:
    tree = await private_tree(api, alice)
    await granted(api, alice, f"samples/{tree['samples']}", user="bob", level="edit")
    promise = {"filename": "x.fastq", "file_size": len(READS), "file_type": "FASTQ", "checksum_md5": md5_of(READS)}
    for experiment, expected in ((tree["experiments"], 200), (tree["other_experiment"], 404)):
        body = {"experiment_accession": experiment, **promise}
        begun = await api.post(f"{V1}/upload/initiate", json=body, headers=bob.headers)
        assert begun.status_code == expected
        if expected == 200:
            await put(begun.json()["presigned_url"])
            ended = {"upload_id": begun.json()["upload_id"], "checksum_md5": md5_of(READS)}
            made = await api.post(f"{V1}/upload/complete", json=ended, headers=bob.headers)
            assert made.status_code == 200, made.text
            assert await status(api, alice, f"runs/{made.json()['run_accession']}") == 200


async def test_share_on_a_sample_shares_that_sample_alone(
    api: httpx.AsyncClient, wiring: Wiring, alice: Any, bob: Any, tree: dict[str, str]
) -> None:
    carol = await make_person(wiring, "carol")
    await granted(api, alice, f"samples/{tree['samples']}", user="bob", level="share")
    assert (await grant(api, bob, f"samples/{tree['samples']}", user="carol", level="read")).status_code == 201
    assert (await grant(api, bob, f"samples/{tree['other_sample']}", user="carol", level="read")).status_code == 404
    assert (await grant(api, bob, f"projects/{tree['projects']}", user="carol", level="read")).status_code == 404
    assert await seen(api, carol, tree) == OF_SAMPLE


async def test_edit_on_a_project_changes_what_it_says_and_not_who_sees_it(
    api: httpx.AsyncClient, alice: Any, bob: Any, tree: dict[str, str]
) -> None:
    project = f"{V1}/projects/{tree['projects']}"
    await granted(api, alice, f"projects/{tree['projects']}", user="bob", level="share")
    await make_sample(api, bob, tree["projects"])
    assert (await api.patch(project, json={"title": "Better told"}, headers=bob.headers)).json()[
        "title"
    ] == "Better told"
    moved = await api.patch(project, json={"release_date": "2999-01-01"}, headers=bob.headers)
    assert (moved.status_code, moved.json()["code"]) == (403, "denied")
    assert (await api.post(f"{project}/release", json={}, headers=bob.headers)).status_code == 403
    assert (await api.post(f"{project}/transfer", json={"user": "bob"}, headers=bob.headers)).status_code == 403
    assert (await api.get(f"{project}/reviewer-links", headers=bob.headers)).status_code == 403
    assert (await api.delete(project, headers=bob.headers)).status_code == 403
