"""Where the numbers of a scope lie, and indexes in the order of lists, by which long stretches are skipped."""

import sqlalchemy as sa
from advanced_alchemy.types import GUID
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

KINDS = {"subjects": "SBJ", "samples": "SAM", "experiments": "EXP", "runs": "RUN"}
COUNTED = ("scope_id", "state")
LEADING = {
    "samples": {
        **dict.fromkeys(("organism", "tax_id"), COUNTED),
        **dict.fromkeys(("alias", "checklist_id", "collection_date", "geographic_location", "breed", "host"), ()),
        **dict.fromkeys(("tissue", "developmental_stage", "sex", "ena_accession", "ncbi_accession"), ()),
    },
    "runs": dict.fromkeys(("filename", "checksum_md5"), ()),
}


def upgrade() -> None:
    """Apply, and note where the numbers of what was registered before lie."""
    if op.get_context().dialect.name == "postgresql":
        op.execute("SET LOCAL lock_timeout = '10s'")
    op.create_table(
        "spans",
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("scope_id", GUID(length=16), nullable=False),
        sa.Column("first", sa.BigInteger(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["scope_id"], ["scopes.id"], name=op.f("fk_spans_scope_id_scopes"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("kind", "scope_id", name=op.f("pk_spans")),
    )
    for table, kind in KINDS.items():
        op.execute(
            "INSERT INTO spans (kind, scope_id, first, last)"  # noqa: S608  # names from above
            f" SELECT '{kind}', scope_id, min(serial), max(serial) FROM {table} GROUP BY scope_id"
        )
        op.drop_index(f"ix_{table}_scope", table_name=table)
        op.create_index(f"ix_{table}_scope", table, ["scope_id", "serial", "state"])
    op.create_index("ix_spans_last", "spans", ["kind", "last", "first", "scope_id"])
    for table, columns in LEADING.items():
        for column, covered in columns.items():
            filled = sa.text(f"{column} IS NOT NULL")
            named = [column, "serial", *covered]
            op.create_index(f"ix_{table}_{column}", table, named, postgresql_where=filled, sqlite_where=filled)


def downgrade() -> None:
    """Take back."""
    for table, columns in LEADING.items():
        for column in columns:
            op.drop_index(f"ix_{table}_{column}", table_name=table)
    op.drop_index("ix_spans_last", table_name="spans")
    for table in KINDS:
        op.drop_index(f"ix_{table}_scope", table_name=table)
        op.create_index(f"ix_{table}_scope", table, ["scope_id", "state"])
    op.drop_table("spans")
