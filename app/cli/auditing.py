"""`seqark audit verify|head`: whether the audit is what was sealed, and where its chain has come to."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import msgspec
import rich_click as click

from accession.actor import ARCHIVE
from accession.audit.chain import Head
from accession.audit.sealing import count_unsealed, head_of
from accession.audit.verifying import Verdict, verify
from app.cli.errors import told
from app.cli.opening import opened, run

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from typing import Any, TypeVar

    T = TypeVar("T")


@click.group()
def audit() -> None:
    """The audit: verify its seals, tell the head of its chain."""


class HeadText(click.ParamType[Head]):
    """A head as `seqark audit head` prints it."""

    name = "number:digest"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Head:
        """Read it, or say what it should be."""
        number, _, digest = str(value).partition(":")
        if not number.isdecimal() or len(digest) != 64 or set(digest) - set("0123456789abcdef"):
            self.fail(f"{value!r} is no head; give NUMBER:DIGEST as 'seqark audit head' prints it.", param, ctx)
        return Head(int(number), digest)


@audit.command("verify")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--head", type=HeadText(), help="A head from elsewhere (a log, a print-out) that must be in the chain.")
def verify_chain(head: Head | None, *, as_json: bool) -> None:
    """Compute every seal anew. Exit code 0: all hold; 1: the first event that was tampered with is named; 2: no answer.

    Runs beside a working service, in little memory however long the audit is.
    """

    async def work() -> Verdict:
        async with opened() as wiring, wiring.reading(ARCHIVE) as unit:
            return await verify(unit, head)

    verdict = _answered(work())
    if as_json:
        click.echo(msgspec.json.encode(verdict).decode())
    elif verdict.fault is not None:
        click.echo(f"TAMPERED: {verdict.fault.message}")
        for name, value in (("id", verdict.fault.event_id), ("about", verdict.fault.subject)):
            if value is not None:
                click.echo(f"  {name}: {value}")
        click.echo(f"  {verdict.checked} events before it hold.")
    else:
        click.echo(f"Intact: {verdict.checked} events; {verdict.unsealed} wait for their seal.")
        click.echo(f"  head: {verdict.head.number}:{verdict.head.digest}")
    sys.exit(0 if verdict.intact else 1)


@audit.command("head")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def print_head(*, as_json: bool) -> None:
    """Print the head of the chain as NUMBER:DIGEST; kept elsewhere, it shows later that nothing before it changed."""

    async def work() -> tuple[Head, int]:
        async with opened() as wiring, wiring.reading(ARCHIVE) as unit:
            return await head_of(unit), await count_unsealed(unit)

    head, unsealed = _answered(work())
    if as_json:
        click.echo(msgspec.json.encode({**msgspec.structs.asdict(head), "unsealed": unsealed}).decode())
    else:
        click.echo(f"{head.number}:{head.digest}")


def _answered(work: Coroutine[Any, Any, T]) -> T:
    """What the work answers; where it cannot, exit code 2, since 1 says that somebody tampered."""
    try:
        return run(work)
    except Exception as error:  # noqa: BLE001  # whatever it is, nothing was found out
        for sentence in told(error) or [f"The audit could not be read ({type(error).__name__}: {error})."]:
            click.echo(f"Error: {sentence}", err=True)
        sys.exit(2)
