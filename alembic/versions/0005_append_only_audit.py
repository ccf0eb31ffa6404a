"""The audit is only ever added to: triggers refuse everything else, and the chain's head is kept."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

FIXED = ("id", "at", "actor_id", "verb", "subject", "address", "request_id", "detail", "created_at", "updated_at")
REFUSED = "events of the audit are only ever added"
WITH_SEAL = "NEW.seal_number IS NOT NULL OR NEW.seal_digest IS NOT NULL"
OVER_ANOTHER = "EXISTS (SELECT 1 FROM events AS kept WHERE kept.id = NEW.id)"
BACKWARDS = "the head of the audit only moves forwards"


def upgrade() -> None:
    """Apply."""
    heads = op.create_table(
        "seal_heads",
        sa.Column("chain", sa.String(length=40), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("chain", name=op.f("pk_seal_heads")),
    )
    op.bulk_insert(heads, [{"chain": "events", "number": 0, "digest": "0" * 64}])
    for statement in _postgresql() if op.get_context().dialect.name == "postgresql" else _sqlite():
        op.execute(statement)


def downgrade() -> None:
    """Take back."""
    if op.get_context().dialect.name == "postgresql":
        for trigger in ("events_added", "events_kept", "events_not_truncated"):
            op.execute(f"DROP TRIGGER {trigger} ON events")
        op.execute("DROP TRIGGER seal_heads_kept ON seal_heads")
        op.execute("DROP FUNCTION refuse_audit_change()")
    else:
        for trigger in ("events_added", "events_sealed_once", "events_not_deleted"):
            op.execute(f"DROP TRIGGER {trigger}")
        for trigger in ("seal_heads_forwards", "seal_heads_not_deleted"):
            op.execute(f"DROP TRIGGER {trigger}")
    op.drop_table("seal_heads")


def _postgresql() -> list[str]:
    """One function that refuses, called only when something has to be refused."""
    changed = " OR ".join(f"NEW.{name} IS DISTINCT FROM OLD.{name}" for name in FIXED)
    return [
        f"""
        CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_TABLE_NAME = 'seal_heads' THEN
                IF TG_OP = 'UPDATE' AND NEW.chain = OLD.chain AND NEW.number > OLD.number THEN RETURN NEW; END IF;
                RAISE EXCEPTION '{BACKWARDS}';
            END IF;
            RAISE EXCEPTION '{REFUSED}';
        END $$
        """,
        (
            "CREATE TRIGGER events_added BEFORE INSERT ON events FOR EACH ROW "
            f"WHEN ({WITH_SEAL}) EXECUTE FUNCTION refuse_audit_change()"
        ),
        (
            f"CREATE TRIGGER events_kept BEFORE UPDATE ON events FOR EACH ROW WHEN ({changed} OR {_unsealing()}) "
            "EXECUTE FUNCTION refuse_audit_change()"
        ),
        (
            "CREATE TRIGGER events_not_truncated BEFORE DELETE OR TRUNCATE ON events FOR EACH STATEMENT "
            "EXECUTE FUNCTION refuse_audit_change()"
        ),
        (
            "CREATE TRIGGER seal_heads_kept BEFORE UPDATE OR DELETE ON seal_heads FOR EACH ROW "
            "EXECUTE FUNCTION refuse_audit_change()"
        ),
    ]


def _sqlite() -> list[str]:
    """REPLACE deletes without a trigger of deletion, so that an insertion over an event is refused too."""
    changed = " OR ".join(f"NEW.{name} IS NOT OLD.{name}" for name in FIXED)
    refuse, back = (f"BEGIN SELECT RAISE(ABORT, '{told}'); END" for told in (REFUSED, BACKWARDS))
    return [
        f"CREATE TRIGGER events_added BEFORE INSERT ON events WHEN {WITH_SEAL} OR {OVER_ANOTHER} {refuse}",
        f"CREATE TRIGGER events_sealed_once BEFORE UPDATE ON events WHEN {changed} OR {_unsealing()} {refuse}",
        f"CREATE TRIGGER events_not_deleted BEFORE DELETE ON events {refuse}",
        (
            "CREATE TRIGGER seal_heads_forwards BEFORE UPDATE ON seal_heads "
            f"WHEN NEW.chain <> OLD.chain OR NEW.number <= OLD.number {back}"
        ),
        f"CREATE TRIGGER seal_heads_not_deleted BEFORE DELETE ON seal_heads {back}",
    ]


def _unsealing() -> str:
    """A seal is given whole and once."""
    return (
        "OLD.seal_number IS NOT NULL OR OLD.seal_digest IS NOT NULL "
        "OR NEW.seal_number IS NULL OR NEW.seal_digest IS NULL"
    )
