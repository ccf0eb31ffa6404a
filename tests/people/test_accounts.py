"""Opening accounts, logging in, and the Actor that stands for an account."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import func, select, update

from accession.actor import Actor
from accession.audit.models import Event
from accession.errors import Conflict, Rejected, Unauthenticated
from accession.people import accounts, organisations
from accession.people.accounts import EmailTaken, NameTaken, Newcomer
from accession.people.logins import check_login
from accession.people.models import Account, Membership, Organisation, Scope
from accession.people.rules import MemberRole
from accession.projects.models import Project
from accession.projects.registration import add_account, register

pytestmark = pytest.mark.anyio
PASSWORD = "correct horse"


def newcomer(email="ana@example.org", **more):
    return Newcomer(email=email, full_name="Ana Example", **more)


async def test_a_new_account_has_a_personal_organisation_and_a_private_project_with_an_accession(wiring):
    account = await register(wiring, newcomer("Ana@Example.ORG"), PASSWORD, caller=Actor(address="10.0.0.7"))
    async with wiring.reading() as unit:
        project = await unit.session.get(Project, account.personal_project_id)
        scope = await unit.session.get(Scope, account.personal_project_id)
        organisation = await unit.session.get(Organisation, scope.organisation_id)
        membership = (await unit.session.scalars(select(Membership))).one()
        event = (await unit.session.scalars(select(Event))).one()
    assert (account.email, account.name, account.role) == ("ana@example.org", "ana", "submitter")
    assert account.password_hash.startswith("$argon2id$")
    assert (project.serial, project.title) == (1, "Personal project of Ana Example")
    assert (project.scope_id, project.owner_id, project.state) == (project.id, account.id, "private")
    assert (scope.owner_id, scope.state) == (account.id, "private")
    assert organisation.personal
    assert (membership.account_id, membership.organisation_id, membership.role) == (
        account.id,
        organisation.id,
        "owner",
    )
    assert (event.verb, event.subject, event.address) == ("account.register", str(account.id), "10.0.0.7")


async def test_the_same_email_address_in_other_letters_is_taken(wiring):
    await register(wiring, newcomer(), PASSWORD)
    with pytest.raises(EmailTaken):
        await register(wiring, newcomer("ANA@EXAMPLE.ORG"), PASSWORD)


async def test_of_many_that_register_one_address_at_once_one_gets_it_and_no_number_is_lost(wiring):
    answers = await asyncio.gather(*(register(wiring, newcomer(), PASSWORD) for _ in range(5)), return_exceptions=True)
    assert [type(answer) for answer in answers].count(EmailTaken) == 4
    await register(wiring, newcomer("bo@example.org"), PASSWORD)
    async with wiring.reading() as unit:
        assert sorted(await unit.session.scalars(select(Project.serial))) == [1, 2]
        assert await unit.session.scalar(select(func.count()).select_from(Organisation)) == 2


async def test_people_with_one_name_at_many_addresses_all_get_accounts_with_names_of_their_own(wiring):
    answers = await asyncio.gather(
        *(register(wiring, newcomer(f"ana@lab{number}.example.org"), PASSWORD) for number in range(5))
    )
    names = {account.name for account in answers}
    assert len(names) == 5
    assert "ana" in names


async def test_everything_that_is_wrong_with_a_newcomer_is_told_at_once_and_nothing_is_made(wiring):
    with pytest.raises(Rejected) as refused:
        await register(wiring, Newcomer(email="no", full_name="\0", name="a b"), "short")
    assert [issue.field for issue in refused.value.issues] == ["name", "email", "password", "full_name"]
    async with wiring.reading() as unit:
        assert await unit.session.scalar(select(func.count()).select_from(Account)) == 0


async def test_an_administrator_adds_accounts_with_a_name_a_role_and_a_right(wiring):
    account_id = await add_account(
        wiring, name="Root", email="root@example.org", password=PASSWORD, admin=True, can_run_pipelines=True
    )
    async with wiring.reading() as unit:
        account = await accounts.find(unit, "ROOT")
        assert account == await accounts.find(unit, "Root@example.org")
        assert await accounts.find(unit, "nobody") is None
        assert await accounts.find(unit, "a\0") is None
        assert await accounts.find(unit, "\ud800") is None
        event = (await unit.session.scalars(select(Event))).one()
    assert (account.id, account.name, account.role, account.can_run_pipelines) == (account_id, "root", "admin", True)
    assert event.actor_id is None
    with pytest.raises(NameTaken):
        await add_account(wiring, name="root", email="other@example.org", password=PASSWORD)


async def test_login_goes_by_address_or_name_and_only_with_the_password(wiring):
    account = await register(wiring, newcomer(), PASSWORD)
    assert (await check_login(wiring, "ANA@example.org ", PASSWORD)).id == account.id
    assert (await check_login(wiring, "ana", PASSWORD)).id == account.id
    for who, password in [("ana@example.org", "wrong horse"), ("nobody@example.org", PASSWORD), ("", "")]:
        with pytest.raises(Unauthenticated):
            await check_login(wiring, who, password)


async def test_a_deactivated_account_can_neither_log_in_nor_act(wiring):
    account = await register(wiring, newcomer(), PASSWORD)
    async with wiring.writing() as unit:
        await unit.session.execute(update(Account).values(active=False))
    with pytest.raises(Unauthenticated):
        await check_login(wiring, "ana", PASSWORD)
    async with wiring.reading() as unit:
        with pytest.raises(Unauthenticated):
            await accounts.load_actor(unit, account.id)


async def test_an_actor_knows_its_organisations_its_project_and_where_it_calls_from(wiring):
    account = await register(wiring, newcomer(), PASSWORD)
    async with wiring.writing() as unit:
        lab = await organisations.add_organisation(unit, "lab", title="The Lab")
        await organisations.add_member(unit, lab, account.id, role=MemberRole.VIEWER)
    async with wiring.writing() as unit:
        await organisations.add_member(unit, lab, account.id, role=MemberRole.CONTRIBUTOR)
    async with wiring.reading(Actor(address="10.0.0.7", request_id="r1")) as unit:
        actor = await accounts.load_actor(unit, account.id)
    assert (actor.account_id, actor.email, actor.role) == (account.id, "ana@example.org", "submitter")
    assert actor.personal_project_id == account.personal_project_id
    assert sorted(actor.organisations.values()) == ["contributor", "owner"]
    assert actor.organisations[lab.id] == "contributor"
    assert (actor.address, actor.request_id) == ("10.0.0.7", "r1")


async def test_an_organisation_has_a_slug_of_its_own(wiring):
    async with wiring.writing() as unit:
        await organisations.add_organisation(unit, "lab")
    async with wiring.writing() as unit:
        with pytest.raises(Conflict):
            await organisations.add_organisation(unit, "lab", title="Another")
    for slug in ("Lab 1", "", "personal-ana", "a\0"):
        async with wiring.writing() as unit:
            with pytest.raises(Rejected):
                await organisations.add_organisation(unit, slug, title="A lab")
