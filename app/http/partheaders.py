"""Reads the headers of a multipart body and of its parts: the boundary, a part's name, its file's name."""

from __future__ import annotations

from urllib.parse import unquote

from litestar.exceptions import HTTPException
from python_multipart.multipart import MAX_BOUNDARY_LENGTH, parse_options_header

from accession.errors import Malformed


def boundary_of(content_type: str) -> bytes:
    """The boundary of a multipart/form-data body; another type is a 415, a missing boundary `Malformed`."""
    kind, options = parse_options_header(content_type)
    if kind != b"multipart/form-data":
        raise HTTPException(status_code=415, detail="Send the file as multipart/form-data, in a part named 'file'.")
    boundary = options.get(b"boundary", b"")
    if not 1 <= len(boundary) <= min(MAX_BOUNDARY_LENGTH, 200):
        raise Malformed("The Content-Type has no usable boundary.")
    return boundary


class PartHeaders:
    """The headers of one part, gathered piece by piece."""

    def __init__(self) -> None:
        self._name = bytearray()
        self._value = bytearray()
        self._disposition: bytes | None = None

    def add_name(self, piece: bytes) -> None:
        """More of the present header's name."""
        self._name += piece

    def add_value(self, piece: bytes) -> None:
        """More of the present header's value."""
        self._value += piece

    def end(self) -> None:
        """The present header is whole."""
        if self._name.lower() == b"content-disposition":
            self._disposition = bytes(self._value)
        self._name.clear()
        self._value.clear()

    def disposition(self) -> tuple[str, str | None]:
        """The part's name, and its file name where it is a file; names are UTF-8 (RFC 7578), else `Malformed`."""
        kind, options = parse_options_header(self._disposition)
        if kind != b"form-data" or b"name" not in options:
            raise Malformed("A part of the form has no Content-Disposition with a name.")
        try:
            name = options[b"name"].decode()
            filename = options[b"filename"].decode() if b"filename" in options else self._extended()
        except UnicodeDecodeError as error:
            raise Malformed("A name in the form is not UTF-8.") from error
        return name, filename

    def _extended(self) -> str | None:
        """The `filename*=UTF-8''…` that some older clients send instead of a plain one."""
        text = (self._disposition or b"").decode("latin-1")
        _, found, rest = text.partition("filename*=")
        charset, _, encoded = rest.partition("''")
        if not found or charset.lower() != "utf-8":
            return None
        return unquote(encoded.split(";")[0].strip(), errors="strict")
