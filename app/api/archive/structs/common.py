"""The constrained types that all bodies share; a value outside is a malformed request."""

from __future__ import annotations

from typing import Annotated

import msgspec

_NO_NUL = r"^[^\x00]*$"
Line = Annotated[str, msgspec.Meta(min_length=1, max_length=255, pattern=_NO_NUL)]
Title = Annotated[str, msgspec.Meta(min_length=1, max_length=500, pattern=_NO_NUL)]
Prose = Annotated[str, msgspec.Meta(min_length=1, max_length=20_000, pattern=_NO_NUL)]
Short = Annotated[str, msgspec.Meta(min_length=1, max_length=40, pattern=_NO_NUL)]
TaxId = Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)]
Size = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
InsertSize = Annotated[int, msgspec.Meta(ge=1, le=10_000_000)]
ReadNumber = Annotated[int, msgspec.Meta(ge=1, le=2)]
Md5 = Annotated[str, msgspec.Meta(pattern="^[0-9a-fA-F]{32}$")]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=100, pattern=_NO_NUL)]
Text = Annotated[str, msgspec.Meta(max_length=10_000, pattern=_NO_NUL)]
Number = Annotated[int, msgspec.Meta(ge=-(2**53), le=2**53)]
Scalar = Text | Number | float | bool | None
