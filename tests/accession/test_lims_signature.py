"""Only what was signed with a known secret, just now, is taken."""

from __future__ import annotations

import hmac
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest

from accession.errors import Unauthenticated
from accession.lims.signature import SKEW, require_signed, secrets_of, sign
from app.settings import UnsafeSettings, from_environment

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
T = int(NOW.timestamp())
SECRETS = secrets_of("new-secret-of-2026, old-secret-of-2025")
BODY = b'{"event": "x"}'


def good(secret: bytes = SECRETS[0], body: bytes = BODY, moment: int = T) -> str:
    return sign(secret, body, moment)


def test_the_signature_is_the_hmac_of_the_moment_a_full_stop_and_the_body() -> None:
    expected = hmac.new(b"new-secret-of-2026", f"{T}.".encode() + BODY, sha256).hexdigest()
    assert good() == f"t={T},v1={expected}"
    require_signed(SECRETS, f"t={T},v1={expected}", BODY, NOW)


@pytest.mark.parametrize(
    "header",
    [
        good(),
        good(SECRETS[1]),
        good().upper().replace("T=", "t=").replace("V1=", "v1="),
        good().replace(",", ", "),
        f"t={T},v1={'0' * 64},{good().partition(',')[2]}",
        f"{good()},v1={'0' * 64},v2=of-times-to-come",
        good(moment=T - SKEW),
        good(moment=T + SKEW),
    ],
)
def test_a_signature_of_either_secret_holds_within_five_minutes(header: str) -> None:
    require_signed(SECRETS, header, BODY, NOW)


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "nonsense",
        f"t={T}",
        f"t={T},v1=",
        f"t={T},v1={'0' * 64}",
        f"t={T},v1=é",
        good(b"another secret, unknown"),
        good(body=BODY + b" "),
        good(moment=T - SKEW - 1),
        good(moment=T + SKEW + 1),
        good().replace(f"t={T}", f"t={T + 1}"),
        good().replace(f"t={T},", ""),
        good().replace(f"t={T},", f"t={T},t={T},"),
        good().replace(f"t={T}", f"t= {T}"),
        good().replace(f"t={T}", f"t=+{T}"),
        good().replace(f"t={T}", f"t={'9' * 400}"),
        good().replace("v1=", "v0="),
        f"t={T}," + ",".join([f"v1={'0' * 64}"] * 100) + "," + good().partition(",")[2],
    ],
)
def test_anything_else_is_refused_in_the_same_words(header: str | None) -> None:
    with pytest.raises(Unauthenticated) as refused:
        require_signed(SECRETS, header, BODY, NOW)
    assert refused.value.code == "bad_signature"
    assert refused.value.detail.startswith("The message is not signed as agreed")


def test_without_a_secret_no_signature_holds() -> None:
    for secrets in ([], secrets_of(" , ")):
        with pytest.raises(Unauthenticated):
            require_signed(secrets, sign(b"", BODY, T), BODY, NOW)


@pytest.mark.parametrize(
    "environ",
    [
        {"SEQARK_LIMS_SECRET": "s" * 16},
        {"SEQARK_LIMS_SECRET": "s" * 15, "SEQARK_LIMS_ACCOUNT": "lims"},
        {"SEQARK_LIMS_SECRET": f"{'s' * 16},short", "SEQARK_LIMS_ACCOUNT": "lims"},
        {"SEQARK_LIMS_SECRET": ",", "SEQARK_LIMS_ACCOUNT": "lims"},
    ],
)
def test_a_secret_that_is_short_or_acts_for_nobody_is_refused_at_the_start(environ: dict[str, str]) -> None:
    with pytest.raises(UnsafeSettings, match="SEQARK_LIMS_SECRET"):
        from_environment(environ)


def test_a_secret_with_an_account_is_taken() -> None:
    taken = from_environment({"SEQARK_LIMS_SECRET": "n" * 16 + ",o" + "o" * 16, "SEQARK_LIMS_ACCOUNT": "lims"})
    assert timedelta(minutes=5).total_seconds() == SKEW
    assert len(secrets_of(taken.lims_secret)) == 2
