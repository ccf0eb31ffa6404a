"""The wire shape of a line of a file report."""

from __future__ import annotations

import msgspec
from msgspec import UNSET, UnsetType

Text = str | None | UnsetType
Number = int | None | UnsetType


class RunFileOut(msgspec.Struct, frozen=True, kw_only=True):
    """A run with its file, experiment, sample and project: the fields that were asked for, all where none was.

    A field is null where the run has no such value. `file_path` is the file's name as it was submitted;
    `download_url` is absolute, and null while the file is not found good.
    """

    run_accession: Text = UNSET
    experiment_accession: Text = UNSET
    sample_accession: Text = UNSET
    project_accession: Text = UNSET
    organism: Text = UNSET
    tax_id: Number = UNSET
    file_type: Text = UNSET
    filename: Text = UNSET
    file_path: Text = UNSET
    file_size: Number = UNSET
    checksum_md5: Text = UNSET
    checksum_sha256: Text = UNSET
    download_url: Text = UNSET
    platform: Text = UNSET
    instrument_model: Text = UNSET
    library_strategy: Text = UNSET
    library_layout: Text = UNSET
