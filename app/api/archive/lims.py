"""`/integrations/lims/webhook`: signed messages of a laboratory's information system."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec
from litestar import Controller, Request, post
from litestar.di import NamedDependency
from litestar.openapi.spec import OpenAPIMediaType, Operation, Reference, RequestBody, Schema

from accession.errors import Malformed
from accession.lims import deliveries
from accession.lims.signature import require_signed, secrets_of
from app.api.archive.errors import problems
from app.api.archive.mapping.lims import message_of, outcome_out
from app.api.archive.structs.lims import (
    LibraryPreparedIn,
    LimsMessageIn,
    LimsOut,
    SampleRegisteredIn,
    SequencingCompleteIn,
)
from app.http.deps import actor_of
from app.wiring import Wiring

SIGNATURE = "X-SeqArk-Signature"
_BODY_LIMIT = 2**20
_MESSAGES = (SampleRegisteredIn, LibraryPreparedIn, SequencingCompleteIn)
_ABOUT = """A message is a JSON body with the header `X-SeqArk-Signature: t=<unix seconds>,v1=<hex>`, where `v1` is the
HMAC-SHA256 of `t`, a full stop and the body as sent, with the secret that the archive's operator has given out. It
holds for five minutes. While secrets are changed, several `v1` may be given. What is unsigned or stale is 401.

`sample_registered` makes the sample of that alias in the named project, or merges the fields into it;
`library_prepared` does the same with the experiment of that alias; `sequencing_complete` sets its instrument and makes
runs of the files that the laboratory's account has uploaded and that were found good. A file that is not there yet is
told by its `status`: send the message again, under a new `delivery_id`, when it is.

The laboratory's account needs the right to add to the project, and every rule is that of `POST` and `PATCH`. A message
is taken whole or not at all. The same `delivery_id` with the same content answers what it did the first time, with
other content it is 409."""
_decoder: msgspec.json.Decoder[LimsMessageIn] = msgspec.json.Decoder(LimsMessageIn)


@dataclass
class LimsOperation(Operation):
    """The body is read raw, since its signature is of the bytes; documented it is all the same."""

    def __post_init__(self) -> None:
        refs = [Reference(ref=f"#/components/schemas/{kind.__name__}") for kind in _MESSAGES]
        content = {"application/json": OpenAPIMediaType(schema=Schema(one_of=refs))}
        self.request_body = RequestBody(content=content, required=True)


def message_schemas() -> dict[str, Any]:
    """The components of the document that describe the messages."""
    _, components = msgspec.json.schema_components(_MESSAGES, ref_template="#/components/schemas/{name}")
    return components


class Lims(Controller):
    """What a laboratory's information system tells the archive."""

    path = "/integrations"
    tags = ("Integrations",)

    @post(
        "/lims/webhook",
        status_code=200,
        operation_class=LimsOperation,
        summary="Take a message of a LIMS",
        description=_ABOUT,
        opt={"ignores_bearer": True},
        request_max_body_size=_BODY_LIMIT,
        responses=problems(403, 404, 409, 413, 422, 503),
    )
    async def webhook(self, request: Request[Any, Any, Any], wiring: NamedDependency[Wiring]) -> LimsOut:
        """Check the signature, then act for the laboratory's account in one transaction."""
        body = await request.body()
        settings = wiring.settings
        require_signed(secrets_of(settings.lims_secret), request.headers.get(SIGNATURE), body, wiring.clock.now())
        message = message_of(_decoded(body))
        async with wiring.reading(actor_of(request)) as unit:
            actor = await deliveries.actor_of(unit, settings.lims_account)
        async with wiring.writing(actor) as unit:
            outcome = await deliveries.take(unit, message)
        return outcome_out(outcome)


def _decoded(body: bytes) -> LimsMessageIn:
    try:
        return _decoder.decode(body)
    except (msgspec.ValidationError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Malformed(f"The message cannot be read: {error}.") from error
