"""What the checks raise when a file cannot be read at all; what is wrong inside a file is a finding, not an error."""

from __future__ import annotations


class Unreadable(Exception):
    """The path cannot be opened or read (missing, a folder, no permission, an I/O error)."""


class EngineFailed(Exception):
    """A QC tool crashed, hung past its limit or wrote no usable output; the message is one sentence saying which."""
