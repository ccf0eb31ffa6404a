"""What an ID token must be to vouch for anybody, and which account it then speaks for."""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey
from sqlalchemy import func, select, update

from accession.errors import Conflict, Denied, Rejected, Unauthenticated
from accession.people import identities, inviting, sign_in
from accession.people.credentials import Identity, SignIn
from accession.people.identities import Vouched
from accession.people.models import Account
from accession.people.rules import AccountRole
from accession.projects.arriving import arrive, exchange
from app.settings import UnsafeSettings, from_environment

pytestmark = pytest.mark.anyio
ISSUER, CLIENT = "https://id.example.org", "seqark"
NOW = datetime(2026, 1, 1, tzinfo=UTC)
ANA = Vouched(ISSUER, "ana-1", "ana@example.org", email_verified=True, full_name="Ana Example")
OURS = RSAKey.generate_key(2048, {"kid": "one"})
OTHER = ECKey.generate_key("P-256", {"kid": "two"})
STRANGE = RSAKey.generate_key(2048, {"kid": "one"})


class Keyring:
    """A provider as far as checking a token asks for one; tokens that no real one makes are made here."""

    issuer, client_id = ISSUER, CLIENT

    async def keys(self, kid, *, anew=False):
        return [key for key in (OURS, OTHER) if kid is None or key.kid == kid]


def token(key=OURS, *, alg="RS256", kid="one", now=NOW, without=(), **changes):
    claims = {
        "iss": ISSUER,
        "sub": "ana-1",
        "aud": CLIENT,
        "iat": int(now.timestamp()),
        "exp": int(now.timestamp()) + 300,
        "nonce": "n-1",
        "email": "Ana@Example.org",
        "email_verified": True,
        "name": "Ana Example",
    }
    claims = {name: value for name, value in (claims | changes).items() if name not in without}
    header = {"alg": alg} if kid is None else {"alg": alg, "kid": kid}
    return jwt.encode(header, claims, key, algorithms=[alg])


def confused():
    """A token that takes the public key for a shared secret, for a verifier that lets tokens choose their kind."""
    header = urlsafe_b64encode(b'{"alg":"HS256","kid":"one"}').decode().rstrip("=")
    content = f"{header}.{token().split('.')[1]}"
    digest = hmac.digest(OURS.as_pem(private=False), content.encode(), "sha256")
    return f"{content}.{urlsafe_b64encode(digest).decode().rstrip('=')}"


async def vouched(text, **options):
    return await identities.vouched_for(Keyring(), text, **{"now": NOW, "nonce": "n-1"} | options)


async def test_a_token_of_the_provider_vouches_for_its_subject():
    assert await vouched(token()) == ANA
    assert await vouched(token(kid=None)) == ANA
    assert await vouched(token(OTHER, alg="ES256", kid="two")) == ANA
    assert await vouched(token(OTHER, alg="ES256", kid=None)) == ANA
    assert await vouched(token(aud=[CLIENT, "another"], azp=CLIENT)) == ANA
    assert await vouched(token(without=["nonce"]), nonce=None) == ANA


async def test_what_is_told_of_a_person_is_taken_only_as_it_should_be():
    odd = await vouched(token(email="no address", email_verified="true", name="two\nlines"))
    assert odd == Vouched(ISSUER, "ana-1")
    for verified in ("true", 1, None, False):
        assert (await vouched(token(email_verified=verified))).email_verified is False


@pytest.mark.parametrize(
    "text",
    [
        token(STRANGE),
        token(kid="three"),
        token(OTHER, alg="ES256", kid="one"),
        confused(),
        token(iss="https://id.example.org/"),
        token(aud="another"),
        token(aud=[CLIENT, "another"]),
        token(aud=[CLIENT, "another"], azp="another"),
        token(azp="another"),
        token(exp=int(NOW.timestamp()) - 61),
        token(iat=int(NOW.timestamp()) + 61),
        token(nbf=int(NOW.timestamp()) + 61),
        token(exp="soon"),
        token(sub=""),
        token(sub="x" * 256),
        token(sub="nul\0"),
        token(sub=7),
        token(nonce="another"),
        *(token(without=[claim]) for claim in ("iss", "aud", "sub", "exp", "iat", "nonce")),
        token().rpartition(".")[0] + ".",
        "eyJhbGciOiJub25lIn0." + token().split(".")[1] + ".",
        "a.b.c",
        "",
        "\u00e4",
        "x" * 20_000,
    ],
)
async def test_any_other_token_vouches_for_nobody(text):
    with pytest.raises(Unauthenticated) as refused:
        await vouched(text)
    assert refused.value.code == "invalid_id_token"


async def arrived(wiring, who, registration="open"):
    async with wiring.writing() as unit:
        return await arrive(unit, who, registration=registration)


async def test_somebody_new_gets_an_account_with_a_project_and_no_password_and_is_known_from_then_on(wiring):
    account = await arrived(wiring, ANA)
    assert (account.email, account.full_name, account.email_verified) == ("ana@example.org", "Ana Example", True)
    assert (account.password_hash, account.role) == (None, "submitter")
    assert account.personal_project_id is not None
    moved = Vouched(ISSUER, "ana-1", "ana@elsewhere.org")
    assert (await arrived(wiring, moved, "closed")).id == account.id
    async with wiring.reading() as unit:
        identity = (await unit.session.scalars(select(Identity))).one()
    assert (identity.subject, identity.email) == ("ana-1", "ana@elsewhere.org")


@pytest.mark.parametrize("registration", ["invite", "closed"])
async def test_where_registration_is_not_open_nobody_new_comes_in(wiring, registration):
    with pytest.raises(Denied) as refused:
        await arrived(wiring, ANA, registration)
    assert refused.value.code == "registration_closed"


async def test_somebody_new_comes_in_by_an_invitation_to_the_address(wiring, admin):
    async with wiring.writing(admin.actor) as unit:
        made = await inviting.invite_to_archive(unit, "ana@example.org", AccountRole.VIEWER)
    for invitation in ("sqi_unknown", made.token):
        async with wiring.writing() as unit:
            if invitation != made.token:
                with pytest.raises(Rejected):
                    await arrive(unit, ANA, registration="invite", invitation=invitation)
                unit.doom()
                continue
            account = await arrive(unit, ANA, registration="invite", invitation=invitation)
    assert (account.email, account.role) == ("ana@example.org", "viewer")
    with pytest.raises(Denied):
        async with wiring.writing() as unit:
            await arrive(unit, Vouched(ISSUER, "bo", "bo@example.org"), registration="closed", invitation=made.token)


async def test_without_an_address_no_account_is_opened(wiring):
    with pytest.raises(Denied) as refused:
        await arrived(wiring, Vouched(ISSUER, "ana-1"))
    assert refused.value.code == "no_email"


@pytest.mark.parametrize(("theirs", "ours"), [(True, True), (True, False), (False, True), (False, False)])
async def test_an_address_links_only_where_both_sides_verified_it(wiring, alice, theirs, ours):
    async with wiring.writing() as unit:
        await unit.session.execute(update(Account).values(email_verified=ours))
    who = Vouched(ISSUER, "s-1", alice.email, email_verified=theirs)
    if theirs and ours:
        assert (await arrived(wiring, who)).id == alice.id
        return
    with pytest.raises(Conflict) as refused:
        await arrived(wiring, who)
    assert refused.value.code == "link_needed"
    async with wiring.reading() as unit:
        assert await unit.session.scalar(select(func.count()).select_from(Identity)) == 0


async def test_an_identity_speaks_for_one_account(wiring, alice, bob):
    async with wiring.writing(alice.actor) as unit:
        await identities.link(unit, alice.id, ANA)
        await unit.session.flush()
        await identities.link(unit, alice.id, ANA)
    with pytest.raises(Conflict) as refused:
        async with wiring.writing(bob.actor) as unit:
            await identities.link(unit, bob.id, ANA)
    assert refused.value.code == "identity_taken"
    assert (await arrived(wiring, ANA)).id == alice.id
    same_name_elsewhere = Vouched("https://other.example.org", "ana-1", bob.email, email_verified=True)
    with pytest.raises(Conflict):
        await arrived(wiring, same_name_elsewhere)


async def test_a_deactivated_account_is_not_signed_in(wiring):
    await arrived(wiring, ANA)
    async with wiring.writing() as unit:
        await unit.session.execute(update(Account).values(active=False))
    with pytest.raises(Unauthenticated) as refused:
        await arrived(wiring, ANA)
    assert refused.value.code == "inactive_account"


async def test_an_id_token_is_exchanged_for_an_account(wiring, clock):
    account = await exchange(wiring, Keyring(), token(now=clock.now()), registration="open")
    assert account.email == "ana@example.org"
    again = await exchange(wiring, Keyring(), token(now=clock.now()), registration="closed")
    assert again.id == account.id
    with pytest.raises(Unauthenticated):
        await exchange(wiring, Keyring(), token(now=clock.now() - timedelta(hours=1)), registration="open")


async def test_what_went_away_comes_back_once_within_ten_minutes(wiring, clock, alice):
    going, late, linking = sign_in.departure(), sign_in.departure(), sign_in.departure()
    async with wiring.writing() as unit:
        await sign_in.keep(unit, going)
        await sign_in.keep(unit, late)
        await sign_in.keep(unit, linking, account_id=alice.id)

    async def taken(state):
        async with wiring.writing() as unit:
            return await sign_in.take(unit, state)

    kept = await taken(going.state)
    assert (kept.nonce, kept.verifier, kept.account_id) == (going.nonce, going.verifier, None)
    assert await taken(going.state) is None
    assert await taken("another") is None
    assert (await taken(linking.state)).account_id == alice.id
    clock.advance(minutes=10)
    assert await taken(late.state) is None
    async with wiring.writing() as unit:
        await sign_in.keep(unit, sign_in.departure())
    async with wiring.reading() as unit:
        rows = (await unit.session.scalars(select(SignIn))).all()
    assert len(rows) == 1
    assert going.state not in str(vars(rows[0]))


PROVIDER = {"ISSUER": ISSUER, "CLIENT_ID": CLIENT, "CLIENT_SECRET": "s3cret"}


def started(**changes):
    told = {f"SEQARK_OIDC_{name}": value for name, value in (PROVIDER | changes).items() if value is not None}
    return from_environment(told)


@pytest.mark.parametrize(
    "changes",
    [
        {"ISSUER": None},
        {"CLIENT_ID": None},
        {"CLIENT_SECRET": None},
        {"CLIENT_ID": None, "CLIENT_SECRET": None},
        {"ISSUER": "http://id.example.org"},
        {"ISSUER": "id.example.org"},
        {"ISSUER": "https://"},
        {"ISSUER": "https://["},
        {"ISSUER": "https://id.example.org/?tenant=1"},
        {"ISSUER": "https://id.example.org/#top"},
    ],
)
def test_a_provider_that_is_told_by_half_or_can_be_feigned_is_refused_at_the_start(changes):
    with pytest.raises(UnsafeSettings, match="SEQARK_OIDC_ISSUER"):
        started(**changes)


def test_a_provider_is_told_whole_or_not_at_all():
    assert started().oidc_issuer == ISSUER
    assert started(ISSUER="http://localhost:9000").oidc_client_id == CLIENT
    assert from_environment({}).oidc_issuer == ""
