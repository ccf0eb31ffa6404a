"""The rows of the catalog: subjects, samples, experiments, runs, and the counters that number them."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text, select, text
from sqlalchemy.orm import Mapped, mapped_column

from accession.base import Json, Owned, Row, Term

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Select


def leading(table: str, *names: str, covering: tuple[str, ...] = ()) -> list[Index]:
    """An index for each column by which a list is filtered, in the order of lists, of the rows that fill it."""
    return [
        Index(
            f"ix_{table}_{name}",
            *(name, "serial", *covering),
            postgresql_where=text(f"{name} IS NOT NULL"),
            sqlite_where=text(f"{name} IS NOT NULL"),
        )
        for name in names
    ]


class Subject(Owned, Row):
    """The individual or donor that samples come from."""

    __tablename__ = "subjects"
    __table_args__ = (
        Index("uq_subjects_owner_alias", "owner_id", "alias", unique=True),
        Index("ix_subjects_scope", "scope_id", "serial", "state"),
    )

    organism: Mapped[str | None] = mapped_column(String(255))
    tax_id: Mapped[int | None] = mapped_column()
    sex: Mapped[str | None] = mapped_column(Term)
    date_of_birth: Mapped[date | None] = mapped_column()
    external_id: Mapped[str | None] = mapped_column(String(255))
    properties: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)


class Sample(Owned, Row):
    """What was sequenced, described by the fields of its checklist."""

    __tablename__ = "samples"
    __table_args__ = (
        Index("uq_samples_owner_alias", "owner_id", "alias", unique=True),
        Index("ix_samples_scope", "scope_id", "serial", "state"),
        *leading("samples", "organism", "tax_id", covering=("scope_id", "state")),  # the usual ones are counted from it
        *leading("samples", "alias", "checklist_id", "collection_date", "geographic_location", "breed", "host"),
        *leading("samples", "tissue", "developmental_stage", "sex", "ena_accession", "ncbi_accession"),
    )

    subject_id: Mapped[UUID | None] = mapped_column(ForeignKey("subjects.id"), index=True)
    checklist_id: Mapped[str | None] = mapped_column(Term)
    organism: Mapped[str | None] = mapped_column(String(255))
    tax_id: Mapped[int | None] = mapped_column()
    collection_date: Mapped[str | None] = mapped_column(String(100))
    geographic_location: Mapped[str | None] = mapped_column(Text)
    breed: Mapped[str | None] = mapped_column(Text)
    host: Mapped[str | None] = mapped_column(Text)
    tissue: Mapped[str | None] = mapped_column(Text)
    developmental_stage: Mapped[str | None] = mapped_column(Text)
    sex: Mapped[str | None] = mapped_column(Text)
    custom_fields: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    ena_accession: Mapped[str | None] = mapped_column(Term)
    ncbi_accession: Mapped[str | None] = mapped_column(Term)

    @classmethod
    def held_by(cls, columns: Any, targets: Select[tuple[UUID]]) -> list[ColumnElement[bool]]:
        """A grant on the sample itself reaches it too."""
        return [*super().held_by(columns, targets), columns.id.in_(targets)]


class Experiment(Owned, Row):
    """How a sample was sequenced: the platform and the library."""

    __tablename__ = "experiments"
    __table_args__ = (
        Index("uq_experiments_owner_alias", "owner_id", "alias", unique=True),
        Index("ix_experiments_scope", "scope_id", "serial", "state"),
    )

    sample_id: Mapped[UUID] = mapped_column(ForeignKey("samples.id"), index=True)
    platform: Mapped[str | None] = mapped_column(Term)
    instrument_model: Mapped[str | None] = mapped_column(String(100))
    library_strategy: Mapped[str | None] = mapped_column(Term)
    library_source: Mapped[str | None] = mapped_column(Term)
    library_layout: Mapped[str | None] = mapped_column(Term)
    library_selection: Mapped[str | None] = mapped_column(String(60))
    insert_size: Mapped[int | None] = mapped_column()
    library_name: Mapped[str | None] = mapped_column(String(255))
    ena_accession: Mapped[str | None] = mapped_column(Term)
    ncbi_accession: Mapped[str | None] = mapped_column(Term)

    @classmethod
    def held_by(cls, columns: Any, targets: Select[tuple[UUID]]) -> list[ColumnElement[bool]]:
        """A grant on its sample reaches it too."""
        return [*super().held_by(columns, targets), columns.sample_id.in_(targets)]


class Run(Owned, Row):
    """One data file of an experiment, in versions; `file_id` is the current version's file.

    Without an object store the file is only described: `file_id` is None and the four `described_…` columns are set.
    """

    __tablename__ = "runs"
    __table_args__ = (
        Index("uq_runs_owner_alias", "owner_id", "alias", unique=True),
        Index("ix_runs_scope", "scope_id", "serial", "state"),
        *leading("runs", "filename", "checksum_md5"),
    )

    experiment_id: Mapped[UUID] = mapped_column(ForeignKey("experiments.id"), index=True)
    file_id: Mapped[UUID | None] = mapped_column(index=True)
    version: Mapped[int] = mapped_column(default=1)
    read_number: Mapped[int | None] = mapped_column()
    mate_id: Mapped[UUID | None] = mapped_column(ForeignKey("runs.id"))
    file_type: Mapped[str | None] = mapped_column(Term)
    filename: Mapped[str | None] = mapped_column(String(255))
    file_size: Mapped[int | None] = mapped_column(BigInteger)
    checksum_md5: Mapped[str | None] = mapped_column(String(32))
    checksum_sha256: Mapped[str | None] = mapped_column(String(64))
    ena_accession: Mapped[str | None] = mapped_column(Term)
    ncbi_accession: Mapped[str | None] = mapped_column(Term)

    @classmethod
    def held_by(cls, columns: Any, targets: Select[tuple[UUID]]) -> list[ColumnElement[bool]]:
        """A grant on its sample reaches it too, and one on its current file."""
        experiments = select(Experiment.id).where(Experiment.sample_id.in_(targets))
        of_parents = [columns.experiment_id.in_(experiments), columns.file_id.in_(targets)]
        return [*super().held_by(columns, targets), *of_parents]


class RunVersion(Row):
    """One version of a run: which file it was; its file is never changed.

    `was_public` says that everyone could read the version at the moment when the next one took its place.
    """

    __tablename__ = "run_versions"
    __table_args__ = (Index("uq_run_versions", "run_id", "version", unique=True),)

    run_id: Mapped[UUID] = mapped_column(ForeignKey("runs.id"))
    version: Mapped[int] = mapped_column()
    file_id: Mapped[UUID] = mapped_column(index=True)
    was_public: Mapped[bool] = mapped_column(default=False)
