"""Loads a command's module when the command is called, so that `seqark --help` and `validate` need no service."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

import rich_click as click

if TYPE_CHECKING:
    from collections.abc import Mapping


class Place(NamedTuple):
    """Where a command is defined, and what the list of commands says of it."""

    module: str
    name: str
    summary: str
    hidden: bool = False

    def load(self) -> click.Command:
        """Import the command."""
        found = getattr(import_module(self.module), self.name)
        assert isinstance(found, click.Command)
        return found


class DeferredGroup(click.RichGroup):
    """A group that knows its commands by name and summary alone until one of them is called or completed."""

    def __init__(self, *args: object, places: Mapping[str, Place], **options: object) -> None:
        super().__init__(*args, **options)  # type: ignore[arg-type]  # click's own options
        self.places = places

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        """Every name, in the order in which they are told."""
        return list(self.places)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """A stand-in that can be listed."""
        place = self.places.get(cmd_name)
        if place is None:
            return None
        return click.RichCommand(name=cmd_name, short_help=place.summary, help=place.summary, hidden=place.hidden)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command itself, loaded now."""
        name, stand_in, rest = super().resolve_command(ctx, args)
        place = self.places.get(name or "")
        return name, stand_in if place is None else place.load(), rest
