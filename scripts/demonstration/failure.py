"""The one error of the demo."""

from __future__ import annotations


class DemoFailed(Exception):
    """A step did not do what it should; the message says which and how."""


def expect(holds: object, otherwise: str) -> None:
    """Go on only if something holds.

    Raises:
        DemoFailed: it does not.
    """
    if not holds:
        raise DemoFailed(otherwise)
