"""Access tokens speak for one account, whole or within scopes, until they end, under every key that is kept."""

from __future__ import annotations

import hmac
import json
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import OctKey

from accession.errors import Unauthenticated
from accession.people import tokens

KEYS = SimpleNamespace(access_token=(b"k" * 32,))
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def encoded(claims, *, key=KEYS.access_token[0], **header):
    """A token as somebody else may have made it."""
    made = tokens.access_token(KEYS, uuid4(), now=NOW, minutes=30)
    own = jwt.decode(made, OctKey.import_key(KEYS.access_token[0]), algorithms=["HS256"])
    return jwt.encode({**own.header, **header}, {**own.claims, **claims}, OctKey.import_key(key))


def part(content):
    return urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


def by_hand(header):
    """A token with the right signature that a careful library would not make."""
    claims = {"sub": str(uuid4()), "typ": "access", "iat": NOW.timestamp(), "exp": NOW.timestamp() + 60}
    content = f"{part(header)}.{part(claims)}"
    digest = hmac.digest(KEYS.access_token[0], content.encode(), header["alg"].replace("HS", "sha"))
    return f"{content}.{urlsafe_b64encode(digest).decode().rstrip('=')}"


def test_a_token_made_by_hand_is_as_good_as_the_librarys():
    assert tokens.spoken_by(KEYS, by_hand({"alg": "HS256", "kid": tokens.kid_of(KEYS.access_token[0])}), now=NOW)


def test_an_access_token_names_its_account_until_it_expires():
    account_id = uuid4()
    token = tokens.access_token(KEYS, account_id, now=NOW, minutes=30)
    assert tokens.spoken_by(KEYS, token, now=NOW) == tokens.Spoken(account_id, NOW)
    assert tokens.spoken_by(KEYS, token, now=NOW + timedelta(minutes=29, seconds=59)).account_id == account_id
    with pytest.raises(Unauthenticated) as refused:
        tokens.spoken_by(KEYS, token, now=NOW + timedelta(minutes=30))
    assert refused.value.code == "expired_token"


def test_an_access_token_tells_its_moment_its_scopes_and_its_client():
    made_at = NOW + timedelta(microseconds=123457)
    token = tokens.access_token(KEYS, uuid4(), now=made_at, minutes=30, scopes={"write", "read"}, client_id="sqc_1")
    said = tokens.spoken_by(KEYS, token, now=made_at)
    assert (said.made_at, said.scopes, said.client_id) == (made_at, {"read", "write"}, "sqc_1")
    claims = jwt.decode(token, OctKey.import_key(KEYS.access_token[0]), algorithms=["HS256"]).claims
    assert claims["scope"] == "read write"


def test_a_new_key_signs_and_the_one_before_it_verifies_until_it_is_dropped():
    old, new = b"o" * 32, b"n" * 32
    before, during, after = (SimpleNamespace(access_token=keys) for keys in ((old,), (new, old), (new,)))
    first = tokens.access_token(before, uuid4(), now=NOW, minutes=30)
    second = tokens.access_token(during, uuid4(), now=NOW, minutes=30)
    assert tokens.spoken_by(during, first, now=NOW)
    assert tokens.spoken_by(after, second, now=NOW)
    for keys, token in ((before, second), (after, first)):
        with pytest.raises(Unauthenticated):
            tokens.spoken_by(keys, token, now=NOW)


def test_a_token_that_names_another_key_than_it_was_signed_with_is_refused():
    both = SimpleNamespace(access_token=(KEYS.access_token[0], b"o" * 32))
    with pytest.raises(Unauthenticated):
        tokens.spoken_by(both, encoded({}, kid=tokens.kid_of(b"o" * 32)), now=NOW)


def test_an_access_token_says_what_it_is():
    token = tokens.access_token(KEYS, uuid4(), now=NOW, minutes=30)
    read = jwt.decode(token, OctKey.import_key(KEYS.access_token[0]), algorithms=["HS256"])
    assert read.header["alg"] == "HS256"
    assert read.header["kid"]
    assert read.claims["typ"] == "access"
    assert read.claims["exp"] - read.claims["iat"] == 1800
    assert set(read.claims) == {"sub", "iat", "exp", "jti", "typ"}


@pytest.mark.parametrize(
    "forged",
    [
        encoded({}, key=b"x" * 32),
        encoded({}, kid="another"),
        by_hand({"alg": "HS256"}),
        by_hand({"alg": "HS256", "kid": ["another"]}),
        by_hand({"alg": "HS512", "kid": tokens.kid_of(KEYS.access_token[0])}),
        encoded({"iat": None}),
        encoded({"iat": 1e300}),
        encoded({"scope": 7}),
        encoded({"typ": "refresh"}),
        encoded({"typ": None}),
        encoded({"sub": "somebody"}),
        encoded({"sub": 7}),
        encoded({"exp": "soon"}),
        encoded({"exp": None}),
        encoded({"exp": [1]}),
        f"{part({'alg': 'none', 'typ': 'JWT'})}.{part({'sub': str(uuid4()), 'typ': 'access', 'exp': 9e9})}.",
        f"{part({'alg': 'HS256'})}.{part([])}.x",
        f"{part([])}.{part({})}.x",
        "..",
        "",
        "\u00e4.b.c",
        "a" * 5000,
    ],
)
def test_a_token_that_this_archive_did_not_make_is_refused(forged):
    with pytest.raises(Unauthenticated):
        tokens.spoken_by(KEYS, forged, now=NOW)


@given(st.text() | st.lists(st.binary().map(lambda raw: urlsafe_b64encode(raw).decode()), max_size=6).map(".".join))
def test_no_text_makes_reading_a_token_fail_otherwise_than_by_refusing_it(text):
    with pytest.raises(Unauthenticated):
        tokens.spoken_by(KEYS, text, now=NOW)
