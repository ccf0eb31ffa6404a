"""The command `seqark` and its groups; an error is one sentence that says what to do, never a traceback."""

from __future__ import annotations

import sys
from importlib.metadata import version

import rich_click as click

from accession.errors import Rejected
from app.cli.errors import KNOWN
from app.cli.people import orgs, projects, tokens, users
from app.cli.serving import api_process, migrate, serve, worker
from app.cli.shells import completion
from app.cli.validating import validate


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(version("seqark"), prog_name="seqark")
def cli() -> None:
    """SeqArk: a self-hosted archive for sequencing data.

    Settings come from SEQARK_… variables; commands work on the same data folder or database as a running service.
    """


for command in (serve, worker, migrate, users, projects, orgs, tokens, validate, completion, api_process):
    cli.add_command(command)


def main() -> None:
    """Run the command line; exit code 1 for what was refused, 2 for what was called wrongly."""
    try:
        cli(prog_name="seqark")
    except Rejected as refused:
        for issue in refused.issues:
            click.echo(f"Error: {issue.message}", err=True)
        sys.exit(1)
    except KNOWN as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
