"""Says how large a sample sheet may be."""

from __future__ import annotations

import msgspec


class SheetLimits(msgspec.Struct, frozen=True):
    """How large a sheet may be. Rows exclude the header; `max_cells` counts rows x columns; cells are in characters.

    `max_unpacked` bounds the bytes that the parts of an XLSX file unpack to, all together.
    """

    max_bytes: int = 50_000_000
    max_rows: int = 50_000
    max_columns: int = 1_000
    max_cells: int = 2_000_000
    max_cell_length: int = 10_000
    max_unpacked: int = 200_000_000
