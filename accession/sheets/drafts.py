"""What an accepted sheet becomes: subjects, samples, experiments and runs, linked by alias and by position."""

from __future__ import annotations

from typing import Any

import msgspec

from accession.catalog import drafts as catalog


class SubjectDraft(msgspec.Struct, frozen=True, gc=False):
    """A subject that rows name; organism, taxon and sex are those of the first sample that names it."""

    alias: str
    organism: str
    tax_id: int
    sex: str | None
    rows: tuple[int, ...]


class SampleDraft(msgspec.Struct, frozen=True, gc=False):
    """A sample. `record` has the sample record's own fields, organism (str) and tax_id (int) among them."""

    alias: str
    subject_alias: str | None
    checklist_id: str
    record: dict[str, Any]
    custom_fields: dict[str, object]
    rows: tuple[int, ...]

    @property
    def digest(self) -> str:
        """SHA-256 of what was submitted, to tell the same sample sent again from another under its alias."""
        settled = catalog.SampleDraft(checklist_id=self.checklist_id, custom_fields=self.custom_fields, **self.record)
        return catalog.sample_digest(settled, self.subject_alias)


class ExperimentDraft(msgspec.Struct, frozen=True, gc=False):
    """An experiment of the sample with that alias; all terms are canonical."""

    sample_alias: str
    platform: str
    instrument_model: str
    library_strategy: str
    library_source: str
    library_layout: str
    library_selection: str | None
    insert_size: int | None
    library_name: str | None
    rows: tuple[int, ...]


class RunDraft(msgspec.Struct, frozen=True, gc=False):
    """A run: one staged file of one experiment.

    `experiment` and `mate` are positions in `Drafts.experiments` and `Drafts.runs`; `read_number` is 1 or 2 for the
    files of a pair and None for a single file. `linked` says that the file is this sample's run already.
    """

    experiment: int
    staged_file_id: str
    read_number: int | None
    mate: int | None
    row: int
    linked: bool = False


class Drafts(msgspec.Struct, frozen=True):
    """Everything that a sheet makes, each in the order of its first row."""

    subjects: tuple[SubjectDraft, ...]
    samples: tuple[SampleDraft, ...]
    experiments: tuple[ExperimentDraft, ...]
    runs: tuple[RunDraft, ...]
