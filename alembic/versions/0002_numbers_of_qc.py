"""Numbers of QC by which runs can be found."""

import json
import math

import sqlalchemy as sa
from advanced_alchemy.types import GUID
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

COUNTS = {
    "reads": ("primary", "records"),
    "bases": ("bases",),
    "mean_length": ("mean_length",),
    "q20": ("q20_percent",),
    "q30": ("q30_percent",),
    "gc": ("gc_percent",),
    "n": ("n_percent",),
    "variants": ("variants",),
    "ti_tv": ("ti_tv",),
}
AT_ONCE = 500


def upgrade() -> None:
    """Apply, and take the numbers of files that were validated before from their verdicts."""
    if op.get_context().dialect.name == "postgresql":
        op.execute("SET LOCAL lock_timeout = '10s'")
    numbers = op.create_table(
        "qc_numbers",
        sa.Column("file_id", GUID(length=16), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("value", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["file_id"], ["files.id"], name=op.f("fk_qc_numbers_file_id_files"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("file_id", "name", name=op.f("pk_qc_numbers")),
    )
    op.create_index("ix_qc_numbers_value", "qc_numbers", ["name", "value", "file_id"], unique=False)
    op.create_index("ix_files_qc_status", "files", ["qc_status"], unique=False)
    if not op.get_context().as_sql:
        fill(op.get_bind(), numbers)


def downgrade() -> None:
    """Take back."""
    op.drop_index("ix_files_qc_status", table_name="files")
    op.drop_index("ix_qc_numbers_value", table_name="qc_numbers")
    op.drop_table("qc_numbers")


def fill(connection: sa.Connection, numbers: sa.Table) -> None:
    """Write the numbers of all valid files, some files at a time, in the order of their serials."""
    files = sa.table(
        "files",
        sa.column("id", GUID(length=16)),
        sa.column("serial", sa.BigInteger()),
        sa.column("verdict", sa.JSON()),
    )
    last = -1
    while True:
        some = sa.select(files).where(files.c.serial > last, files.c.verdict.is_not(None))
        rows = connection.execute(some.order_by(files.c.serial).limit(AT_ONCE)).all()
        if not rows:
            return
        last = rows[-1].serial
        found = [
            {"file_id": row.id, "name": name, "value": value}
            for row in rows
            for name, value in numbers_of(row.verdict).items()
        ]
        if found:
            connection.execute(sa.insert(numbers), found)


def numbers_of(verdict: object) -> dict[str, float]:
    """Return the numbers in a verdict, none in that of a file that was refused."""
    told = json.loads(verdict) if isinstance(verdict, str) else verdict
    if not isinstance(told, dict) or not told.get("valid"):
        return {}
    counts = told.get("counts", {})
    found = {}
    for name, sources in COUNTS.items():
        value = next((counts[source] for source in sources if counts.get(source) is not None), None)
        if isinstance(value, int | float) and math.isfinite(value):
            found[name] = value
    return found
