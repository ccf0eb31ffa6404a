"""`/{records}/{accession}/history` and `/audit`: who may read what was done, and what they are told."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import quote

import pytest
from sqlalchemy import func, select

from accession.audit.models import Event
from accession.audit.service import record
from accession.base import new_id
from accession.people.models import Grant, Membership
from app.jobs.sealing import seal_all
from tests.conftest import make_person
from tests.dialects.archive.records import make, make_experiment, make_project, make_sample

pytestmark = pytest.mark.anyio

V1 = "/api/v1"
CHANGES = {
    "projects": {"title": "Another"},
    "subjects": {"sex": "female"},
    "samples": {"tissue": "blood"},
    "experiments": {"library_name": "L1"},
    "runs": {"ena_accession": "ERR000001"},
}
RUN = {"filename": "a.bam", "file_size": 10, "checksum_md5": "0" * 32, "file_type": "BAM"}


async def history(api, who, plural, accession, **query):
    return await api.get(f"{V1}/{plural}/{accession}/history", params=query, headers=who.headers if who else {})


async def one_of_each(api, who, **project):
    """A project and one record of each kind in it."""
    made = {"projects": await make_project(api, who, **project)}
    taxon = {"organism": "Bos taurus", "tax_id": 9913}
    made["subjects"] = await make(api, who, "subjects", project_accession=made["projects"], **taxon)
    made["samples"] = await make_sample(api, who, made["projects"])
    made["experiments"] = await make_experiment(api, who, made["samples"])
    made["runs"] = await make(api, who, "runs", experiment_accession=made["experiments"], **RUN)
    return made


async def let_in(wiring, owner, person, target, level):
    async with wiring.writing() as unit:
        grant = Grant(kind="project", target_id=target, account_id=person.id, level=level, granted_by=owner.id)
        unit.session.add(grant)


async def scope_id(wiring, accession):
    from accession.projects.models import Project

    async with wiring.reading() as unit:
        serial = int(accession.rpartition("-")[2])
        return (await unit.session.scalars(select(Project.id).where(Project.serial == serial))).one()


async def test_every_kind_of_record_has_a_history_newest_first(wiring, api, alice):
    for plural, accession in (await one_of_each(api, alice)).items():
        change = CHANGES[plural]
        changed = await api.patch(f"{V1}/{plural}/{accession}", json=change, headers=alice.headers)
        assert changed.status_code == 200, changed.text
        told = await history(api, alice, plural, accession)
        assert told.status_code == 200, told.text
        events = told.json()
        assert [(event["verb"], event["actor"]) for event in events] == [
            ("change", {"name": "alice"}),
            ("create", {"name": "alice"}),
        ]
        assert events[0]["fields"] == list(change)
        assert events[0]["at"] >= events[1]["at"]
        assert not {"address", "request_id"} & set(events[0]), "addresses are for administrators"
        assert told.headers["x-total-count"] == "2"


async def test_a_download_is_in_the_history_with_its_version(wiring, api, alice, bob):
    run = (await one_of_each(api, alice))["runs"]
    for headers in ({}, bob.headers):
        assert (await api.get(f"{V1}/runs/{run}/download", headers=headers)).status_code == 200
    events = (await history(api, alice, "runs", run)).json()
    assert [(event["verb"], event["actor"], event["version"]) for event in events[:2]] == [
        ("downloaded", {"name": "bob"}, 1),
        ("downloaded", None, 1),
    ]


async def test_of_a_public_record_only_those_who_manage_or_share_it_read_the_history(wiring, api, alice, bob, admin):
    made = await one_of_each(api, alice)
    for plural, accession in made.items():
        assert (await history(api, admin, plural, accession)).status_code == 200
        assert (await history(api, None, plural, accession)).status_code == 401
        refused = await history(api, bob, plural, accession)
        assert (refused.status_code, refused.json()["code"]) == (403, "denied")


async def test_of_a_private_record_a_stranger_is_told_nothing(wiring, api, alice, bob):
    for plural, accession in (await one_of_each(api, alice, visibility="private")).items():
        for who in (None, bob):
            hidden = await history(api, who, plural, accession)
            absent = await history(api, who, plural, f"{accession[:-6]}999999")
            assert (hidden.status_code, absent.status_code) == (404, 404)
            assert hidden.json()["detail"].replace(accession, "") == absent.json()["detail"].replace(
                f"{accession[:-6]}999999", ""
            )


@pytest.mark.parametrize(("level", "status"), [(1, 403), (2, 403), (3, 200)])
async def test_of_grantees_those_who_may_share_read_it(wiring, api, alice, level, status):
    made = await one_of_each(api, alice, visibility="private")
    carol = await make_person(wiring, "carol")
    await let_in(wiring, alice, carol, await scope_id(wiring, made["projects"]), level)
    for plural, accession in made.items():
        assert (await history(api, carol, plural, accession)).status_code == status, plural


@pytest.mark.parametrize(("role", "status"), [("viewer", 403), ("contributor", 403), ("admin", 200), ("owner", 200)])
async def test_of_an_organisation_its_owners_and_admins_read_it(wiring, api, alice, role, status):
    accession = await make_project(api, alice, visibility="private")
    carol = await make_person(wiring, "carol")
    async with wiring.writing() as unit:
        organisation = next(iter(alice.actor.organisations))
        unit.session.add(Membership(account_id=carol.id, organisation_id=organisation, role=role))
    assert (await history(api, carol, "projects", accession)).status_code == status


async def test_a_withdrawn_record_keeps_its_history_for_those_who_managed_it(wiring, api, alice, bob, admin):
    made = await one_of_each(api, alice)
    body = {"reason": "A mistake"}
    gone = await api.post(f"{V1}/runs/{made['runs']}/withdraw", json=body, headers=alice.headers)
    assert gone.status_code in {200, 410}, gone.text
    for who in (alice, admin):
        events = (await history(api, who, "runs", made["runs"])).json()
        assert [event["verb"] for event in events] == ["withdraw", "create"]
    for who in (None, bob):
        answer = await history(api, who, "runs", made["runs"])
        assert (answer.status_code, answer.json()["state"]) == (410, "withdrawn")


async def test_a_removed_record_has_no_history_but_in_the_audit(api, alice, admin):
    project = await make_project(api, alice, visibility="private")
    assert (await api.delete(f"{V1}/projects/{project}", headers=alice.headers)).status_code == 204
    for who in (alice, admin):
        assert (await history(api, who, "projects", project)).status_code == 404
    told = (await api.get(f"{V1}/audit", params={"subject": project}, headers=admin.headers)).json()
    assert [event["verb"] for event in told] == ["remove", "create"]


async def test_a_history_is_paged_by_number_and_by_cursor(wiring, api, alice):
    accession = await make_project(api, alice)
    async with wiring.writing(alice.actor) as unit:
        for number in range(6):
            record(unit, "change", accession, number=number)
    whole = (await history(api, alice, "projects", accession)).json()
    assert len(whole) == 7
    numbered = [(await history(api, alice, "projects", accession, per_page=3, page=n)).json() for n in (1, 2, 3)]
    assert [event for page in numbered for event in page] == whole
    found, answer = [], await history(api, alice, "projects", accession, per_page=3, cursor="")
    while True:
        found += answer.json()
        link = answer.links.get("next")
        if link is None:
            break
        answer = await api.get(link["url"], headers=alice.headers)
    assert found == whole
    for cursor in ("nonsense", "YjE", "Yg", "b" * 99):
        assert (await history(api, alice, "projects", accession, cursor=cursor)).status_code in {200, 400}


async def test_the_audit_is_for_administrators(wiring, api, alice, admin):
    assert (await api.get(f"{V1}/audit")).status_code == 401
    assert (await api.get(f"{V1}/audit", headers=alice.headers)).status_code == 403
    assert (await api.get(f"{V1}/audit", headers=admin.headers)).status_code == 200


async def test_the_audit_tells_who_from_where_and_the_seal(wiring, api, alice, admin):
    accession = await make_project(api, alice, alias="x")
    asked = {**alice.headers, "X-Request-ID": "mine-1"}
    await api.patch(f"{V1}/projects/{accession}", json={"title": "Other"}, headers=asked)
    first = (await api.get(f"{V1}/audit", params={"subject": accession}, headers=admin.headers)).json()
    assert [event["verb"] for event in first] == ["change", "create"]
    told = first[0]
    assert told["actor"] == {"name": "alice"}
    assert told["actor_id"] == str(alice.id)
    assert (told["address"], told["request_id"], told["seal"]) == ("127.0.0.1", "mine-1", None)
    assert told["detail"] == {"fields": ["title"]}
    count = await seal_all(wiring)
    sealed = (await api.get(f"{V1}/audit", params={"per_page": 200}, headers=admin.headers)).json()
    assert [event["seal"]["number"] for event in sealed] == list(range(count, 0, -1))


async def test_the_audit_is_filtered_by_actor_verb_subject_and_time(wiring, api, alice, bob, admin, clock):
    mine, other = await make_project(api, alice), await make_project(api, bob)
    clock.advance(minutes=20)
    late = await make_project(api, alice)

    async def subjects(**query):
        answer = await api.get(f"{V1}/audit", params={"verb": "create", **query}, headers=admin.headers)
        assert answer.status_code == 200, answer.text
        return [event["subject"] for event in answer.json() if event["subject"] in {mine, other, late}]

    between = (clock.now() - timedelta(minutes=10)).isoformat()
    assert await subjects() == [late, other, mine]
    for name in ("alice", "ALICE@example.org", str(alice.id)):
        assert await subjects(actor=name) == [late, mine]
    assert await subjects(actor="nobody") == []
    assert await subjects(subject=other) == [other]
    assert await subjects(since=between) == [late]
    assert await subjects(until=between) == [other, mine]
    assert await subjects(since=between, until=between) == []
    assert await subjects(verb="release") == []
    page = await api.get(f"{V1}/audit?since={quote(between)}&per_page=1&cursor=&verb=create", headers=admin.headers)
    assert [event["subject"] for event in page.json()] == [late]
    for wrong in ("yesterday", "2026-13-01"):
        refused = await api.get(f"{V1}/audit", params={"since": wrong}, headers=admin.headers)
        assert (refused.status_code, refused.json()["code"]) == (400, "malformed")


async def test_a_page_of_events_of_one_moment_loses_none(wiring, api, admin):
    """A bulk sheet leaves thousands with the same time; the id decides between them."""
    moment = wiring.clock.now()
    async with wiring.writing() as unit:
        unit.session.add_all(
            Event(at=moment, verb="create", subject=f"NFDP-SAM-{n:06d}", detail={}, id=new_id()) for n in range(50)
        )
    found, answer = [], await api.get(f"{V1}/audit?cursor=&per_page=7&verb=create", headers=admin.headers)
    while True:
        found += [event["subject"] for event in answer.json()]
        link = answer.links.get("next")
        if link is None:
            break
        answer = await api.get(link["url"], headers=admin.headers)
    assert len(found) == len(set(found)) == 50


@pytest.mark.parametrize("plural", ["projects", "subjects", "samples", "experiments", "runs"])
async def test_every_change_of_a_record_leaves_one_event(wiring, api, alice, plural):
    accession = (await one_of_each(api, alice))[plural]

    async def count() -> int:
        async with wiring.reading() as unit:
            found = select(func.count()).select_from(Event).where(Event.subject == accession)
            return (await unit.session.execute(found)).scalar_one()

    assert await count() == 1
    change = CHANGES[plural]
    await api.patch(f"{V1}/{plural}/{accession}", json=change, headers=alice.headers)
    assert await count() == 2
    await api.patch(f"{V1}/{plural}/{accession}", json=change, headers=alice.headers)
    assert await count() == 2, "nothing was changed"
    await api.patch(f"{V1}/{plural}/{accession}", json={"nonsense": 1}, headers=alice.headers)
    assert await count() == 2, "nothing that was refused is told as done"
