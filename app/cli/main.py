"""The command `seqark` and its groups; an error is one sentence that says what to do, never a traceback."""

from __future__ import annotations

import sys
from importlib.metadata import version

import rich_click as click

from app.cli.deferred import DeferredGroup, Place
from app.cli.errors import told

PLACES = {
    "serve": Place("app.cli.serving", "serve", "Run the service: API, worker, scheduler, database and object store."),
    "worker": Place("app.cli.parts", "worker", "Run one worker: validation, QC, reports."),
    "migrate": Place("app.cli.migrating", "migrate", "Bring the database to the schema of this release."),
    "users": Place(
        "app.cli.users", "users", "Accounts: add, list, invite, let in and shut out, give roles and passwords."
    ),
    "projects": Place("app.cli.people", "projects", "Add projects."),
    "orgs": Place("app.cli.people", "orgs", "Add organisations."),
    "tokens": Place("app.cli.tokens", "tokens", "Personal access tokens: add, list, revoke."),
    "keys": Place("app.cli.keys", "keys", "Keys that sign tokens and links: list, rotate."),
    "audit": Place("app.cli.auditing", "audit", "The audit: verify its seals, tell its head."),
    "purge": Place("app.cli.purging", "purge_record", "Erase a record for good, with its files, as the law may ask."),
    "validate": Place("app.cli.validating", "validate", "Check files as the archive does, without an archive."),
    "references": Place(
        "app.cli.reference_sequences", "references", "Reference sequences that CRAM files need: add, list."
    ),
    "completion": Place("app.cli.shells", "completion", "Print the completion script of a shell."),
    "api-process": Place("app.cli.parts", "api_process", "Serve the API on an inherited socket.", hidden=True),
}


@click.group(cls=DeferredGroup, places=PLACES, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(version("seqark"), prog_name="seqark")
def cli() -> None:
    """SeqArk: a self-hosted archive for sequencing data.

    Settings come from SEQARK_… variables; commands work on the same data folder or database as a running service.
    """


def main() -> None:
    """Run the command line; exit code 1 for what was refused, 2 for what was called wrongly."""
    try:
        cli(prog_name="seqark")
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:  # noqa: BLE001  # whatever it is, a person gets a sentence
        for sentence in told(error) or [_unforeseen(error)]:
            click.echo(f"Error: {sentence}", err=True)
        sys.exit(1)


def _unforeseen(error: Exception) -> str:
    """Name the error, and put where it came from into the log of a service process."""
    import structlog  # noqa: PLC0415  # only a failure needs it

    if structlog.is_configured():
        structlog.get_logger(__name__).critical("unexpected_error", exc_info=error)
    said = (str(error).splitlines() or [""])[0]
    return f"Something unexpected happened ({type(error).__name__}{f': {said}' if said else ''}); please report it."
