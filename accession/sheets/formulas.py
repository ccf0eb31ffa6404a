"""Keep cells of exported sheets from running as formulas in a spreadsheet, and undo that when they come back.

A cell that starts with `=`, `+`, `-`, `@`, a tab or a carriage return is run by Excel and LibreOffice when a CSV file
is opened; an apostrophe before it makes it plain text. Plain numbers such as -12.5 are left alone.
"""

from __future__ import annotations

import re
from typing import Final

_STARTS: Final = ("=", "+", "-", "@", "\t", "\r")
_NUMBER: Final = re.compile(r"[+-]?[0-9]+(\.[0-9]*)?([Ee][+-]?[0-9]+)?")


def with_guard(text: str) -> str:
    """The cell as it is safe to export."""
    if text.startswith(_STARTS) and not _NUMBER.fullmatch(text):
        return "'" + text
    if text.startswith("'") and text[1:].startswith(("'", *_STARTS)):
        return "'" + text
    return text


def without_guard(text: str) -> str:
    """The cell as it was before `with_guard`; any other text unchanged."""
    rest = text[1:]
    return rest if text.startswith("'") and rest.startswith(("'", *_STARTS)) and with_guard(rest) == text else text
