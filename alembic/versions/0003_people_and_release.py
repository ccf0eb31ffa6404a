"""Credentials, groups and grants, reviewer links, moves of state, seals of the audit, and what requests left behind."""

import sqlalchemy as sa
from advanced_alchemy.types import GUID, DateTimeUTC
from alembic import op
from sqlalchemy.dialects import postgresql

JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

RECORDS = ("projects", "subjects", "samples", "experiments", "runs")
EVENT_INDEXES = {  # newest first for each of them, page by page
    "ix_events_at": [],
    "ix_events_subject": ["subject"],
    "ix_events_actor_id": ["actor_id"],
    "ix_events_verb": ["verb"],
}


def upgrade() -> None:
    """Apply."""
    if op.get_context().dialect.name == "postgresql":
        op.execute("SET LOCAL lock_timeout = '10s'")
    op.create_table(
        "lims_deliveries",
        sa.Column("id", GUID(length=16), nullable=False),
        sa.Column("delivery_id", sa.String(length=100), nullable=False),
        sa.Column("event", sa.String(length=40), nullable=False),
        sa.Column("body_digest", sa.String(length=64), nullable=False),
        sa.Column("outcome", JSON, nullable=False),
        sa.Column("created_at", DateTimeUTC(timezone=True), nullable=False),
        sa.Column("updated_at", DateTimeUTC(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lims_deliveries")),
        sa.UniqueConstraint("delivery_id", name=op.f("uq_lims_deliveries_delivery_id")),
    )
    op.create_table(
        "outbox",
        sa.Column("id", GUID(length=16), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("recipient", sa.String(length=254), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("body", sa.Text(), nullable=True),
        sa.Column("due_at", DateTimeUTC(timezone=True), nullable=True),
        sa.Column("expires_at", DateTimeUTC(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(length=40), nullable=True),
        sa.Column("created_at", DateTimeUTC(timezone=True), nullable=False),
        sa.Column("updated_at", DateTimeUTC(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
    )
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.create_index("ix_outbox_due", ["due_at"], unique=False)
        batch_op.create_index("ix_outbox_recipient", ["recipient", "kind", "expires_at"], unique=False)

    op.create_table(
        "request_counts",
        sa.Column("id", GUID(length=16), nullable=False),
        sa.Column("caller", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("window", DateTimeUTC(timezone=True), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("created_at", DateTimeUTC(timezone=True), nullable=False),
        sa.Column("updated_at", DateTimeUTC(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_request_counts")),
        sa.UniqueConstraint("caller", "kind", "window", name=op.f("uq_request_counts_caller")),
    )
    with op.batch_alter_table("request_counts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_request_counts_window"), ["window"], unique=False)

    op.create_table(
        "sign_ins",
        sa.Column("id", GUID(length=16), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("nonce", sa.String(length=128), nullable=False),
        sa.Column("verifier", sa.String(length=128), nullable=False),
        sa.Column("account_id", GUID(length=16), nullable=True),
        sa.Column("invitation", sa.String(length=128), nullable=True),
        sa.Column("expires_at", DateTimeUTC(timezone=True), nullable=False),
        sa.Column("created_at", DateTimeUTC(timezone=True), nullable=False),
        sa.Column("updated_at", DateTimeUTC(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_sign_ins_account_id_accounts"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_ins")),
        sa.UniqueConstraint("digest", name=op.f("uq_sign_ins_digest")),
    )
    with op.batch_alter_table("sign_ins", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sign_ins_expires_at"), ["expires_at"], unique=False)

    op.create_table(
        "groups",
        sa.Column("id", GUID(length=16), nullable=False),
        sa.Column("slug", sa.String(length=80), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("owner_id", GUID(length=16), nullable=False),
        sa.Column("created_at", DateTimeUTC(timezone=True), nullable=False),
        sa.Column("updated_at", DateTimeUTC(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["accounts.id"], name=op.f("fk_groups_owner_id_accounts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_groups")),
        sa.UniqueConstraint("slug", name=op.f("uq_groups_slug")),
    )
    with op.batch_alter_table("groups", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_groups_owner_id"), ["owner_id"], unique=False)

    op.create_table(
        "identities",
        sa.Column("id", GUID(length=16), nullable=False),
        sa.Column("account_id", GUID(length=16), nullable=False),
        sa.Column("issuer", sa.String(length=255), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("last_used_at", DateTimeUTC(timezone=True), nullable=True),
        sa.Column("created_at", DateTimeUTC(timezone=True), nullable=False),
        sa.Column("updated_at", DateTimeUTC(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_identities_account_id_accounts"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identities")),
        sa.UniqueConstraint("issuer", "subject", name=op.f("uq_identities_issuer")),
    )
    with op.batch_alter_table("identities", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_identities_account_id"), ["account_id"], unique=False)

    op.create_table(
        "kept_answers",
        sa.Column("id", GUID(length=16), nullable=False),
        sa.Column("account_id", GUID(length=16), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("route", sa.String(length=200), nullable=False),
        sa.Column("body_digest", sa.String(length=64), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("expires_at", DateTimeUTC(timezone=True), nullable=False),
        sa.Column("created_at", DateTimeUTC(timezone=True), nullable=False),
        sa.Column("updated_at", DateTimeUTC(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_kept_answers_account_id_accounts"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kept_answers")),
        sa.UniqueConstraint("account_id", "key", name=op.f("uq_kept_answers_account_id")),
    )
    with op.batch_alter_table("kept_answers", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_kept_answers_expires_at"), ["expires_at"], unique=False)

    op.create_table(
        "machine_clients",
        sa.Column("id", GUID(length=16), nullable=False),
        sa.Column("account_id", GUID(length=16), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("secret_digest", sa.String(length=64), nullable=False),
        sa.Column("scopes", JSON, nullable=True),
        sa.Column("expires_at", DateTimeUTC(timezone=True), nullable=True),
        sa.Column("revoked_at", DateTimeUTC(timezone=True), nullable=True),
        sa.Column("last_used_at", DateTimeUTC(timezone=True), nullable=True),
        sa.Column("created_at", DateTimeUTC(timezone=True), nullable=False),
        sa.Column("updated_at", DateTimeUTC(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_machine_clients_account_id_accounts"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_machine_clients")),
        sa.UniqueConstraint("client_id", name=op.f("uq_machine_clients_client_id")),
    )
    with op.batch_alter_table("machine_clients", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_machine_clients_account_id"), ["account_id"], unique=False)

    op.create_table(
        "password_resets",
        sa.Column("id", GUID(length=16), nullable=False),
        sa.Column("account_id", GUID(length=16), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("expires_at", DateTimeUTC(timezone=True), nullable=False),
        sa.Column("used_at", DateTimeUTC(timezone=True), nullable=True),
        sa.Column("created_at", DateTimeUTC(timezone=True), nullable=False),
        sa.Column("updated_at", DateTimeUTC(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_password_resets_account_id_accounts"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_password_resets")),
        sa.UniqueConstraint("digest", name=op.f("uq_password_resets_digest")),
    )
    with op.batch_alter_table("password_resets", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_password_resets_account_id"), ["account_id"], unique=False)

    op.create_table(
        "grants",
        sa.Column("id", GUID(length=16), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("target_id", GUID(length=16), nullable=False),
        sa.Column("account_id", GUID(length=16), nullable=True),
        sa.Column("group_id", GUID(length=16), nullable=True),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("granted_by", GUID(length=16), nullable=False),
        sa.Column("expires_at", DateTimeUTC(timezone=True), nullable=True),
        sa.Column("created_at", DateTimeUTC(timezone=True), nullable=False),
        sa.Column("updated_at", DateTimeUTC(timezone=True), nullable=False),
        sa.CheckConstraint("(account_id IS NULL) <> (group_id IS NULL)", name=op.f("ck_grants_one_grantee")),
        sa.CheckConstraint("level BETWEEN 1 AND 3", name=op.f("ck_grants_level_known")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_grants_account_id_accounts"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["granted_by"], ["accounts.id"], name=op.f("fk_grants_granted_by_accounts")),
        sa.ForeignKeyConstraint(
            ["group_id"], ["groups.id"], name=op.f("fk_grants_group_id_groups"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grants")),
    )
    with op.batch_alter_table("grants", schema=None) as batch_op:
        batch_op.create_index("uq_grants_account", ["target_id", "account_id"], unique=True)
        batch_op.create_index("uq_grants_group", ["target_id", "group_id"], unique=True)
        batch_op.create_index("ix_grants_account", ["account_id", "target_id"], unique=False)
        batch_op.create_index("ix_grants_group", ["group_id", "target_id"], unique=False)

    op.create_table(
        "group_members",
        sa.Column("id", GUID(length=16), nullable=False),
        sa.Column("group_id", GUID(length=16), nullable=False),
        sa.Column("account_id", GUID(length=16), nullable=False),
        sa.Column("admin", sa.Boolean(), nullable=False),
        sa.Column("created_at", DateTimeUTC(timezone=True), nullable=False),
        sa.Column("updated_at", DateTimeUTC(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_group_members_account_id_accounts"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["group_id"], ["groups.id"], name=op.f("fk_group_members_group_id_groups"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_group_members")),
        sa.UniqueConstraint("group_id", "account_id", name=op.f("uq_group_members_group_id")),
    )
    with op.batch_alter_table("group_members", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_group_members_account_id"), ["account_id"], unique=False)

    op.create_table(
        "invitations",
        sa.Column("id", GUID(length=16), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("organisation_id", GUID(length=16), nullable=True),
        sa.Column("group_id", GUID(length=16), nullable=True),
        sa.Column("role", sa.String(length=40), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("invited_by", GUID(length=16), nullable=False),
        sa.Column("expires_at", DateTimeUTC(timezone=True), nullable=False),
        sa.Column("accepted_at", DateTimeUTC(timezone=True), nullable=True),
        sa.Column("revoked_at", DateTimeUTC(timezone=True), nullable=True),
        sa.Column("created_at", DateTimeUTC(timezone=True), nullable=False),
        sa.Column("updated_at", DateTimeUTC(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id"], ["groups.id"], name=op.f("fk_invitations_group_id_groups"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["invited_by"], ["accounts.id"], name=op.f("fk_invitations_invited_by_accounts")),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_invitations_organisation_id_organisations"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitations")),
        sa.UniqueConstraint("digest", name=op.f("uq_invitations_digest")),
    )
    with op.batch_alter_table("invitations", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_invitations_email"), ["email"], unique=False)
        batch_op.create_index(batch_op.f("ix_invitations_group_id"), ["group_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_invitations_organisation_id"), ["organisation_id"], unique=False)

    op.create_table(
        "reviewer_links",
        sa.Column("id", GUID(length=16), nullable=False),
        sa.Column("scope_id", GUID(length=16), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("hides_owner", sa.Boolean(), nullable=False),
        sa.Column("created_by", GUID(length=16), nullable=False),
        sa.Column("expires_at", DateTimeUTC(timezone=True), nullable=False),
        sa.Column("revoked_at", DateTimeUTC(timezone=True), nullable=True),
        sa.Column("created_at", DateTimeUTC(timezone=True), nullable=False),
        sa.Column("updated_at", DateTimeUTC(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["created_by"], ["accounts.id"], name=op.f("fk_reviewer_links_created_by_accounts")),
        sa.ForeignKeyConstraint(["scope_id"], ["scopes.id"], name=op.f("fk_reviewer_links_scope_id_scopes")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reviewer_links")),
        sa.UniqueConstraint("digest", name=op.f("uq_reviewer_links_digest")),
    )
    with op.batch_alter_table("reviewer_links", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_reviewer_links_scope_id"), ["scope_id"], unique=False)

    with op.batch_alter_table("access_tokens", schema=None) as batch_op:
        batch_op.add_column(sa.Column("scopes", JSON, nullable=True))
        batch_op.add_column(sa.Column("last_used_at", DateTimeUTC(timezone=True), nullable=True))

    op.add_column("accounts", sa.Column("email_verified", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("accounts", sa.Column("affiliation", sa.String(length=200), nullable=True))
    op.add_column("accounts", sa.Column("orcid", sa.String(length=19), nullable=True))
    op.add_column("accounts", sa.Column("failed_logins", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("accounts", sa.Column("locked_until", DateTimeUTC(timezone=True), nullable=True))
    op.add_column("accounts", sa.Column("tokens_valid_from", DateTimeUTC(timezone=True), nullable=True))

    with op.batch_alter_table("events", schema=None) as batch_op:
        batch_op.add_column(sa.Column("seal_number", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("seal_digest", sa.String(length=64), nullable=True))
        batch_op.create_index(
            "ix_events_unsealed",
            ["at"],
            unique=False,
            postgresql_where=sa.text("seal_number IS NULL"),
            sqlite_where=sa.text("seal_number IS NULL"),
        )
        batch_op.create_index("uq_events_seal", ["seal_number"], unique=True)
        for name, columns in EVENT_INDEXES.items():
            if name != "ix_events_verb":
                batch_op.drop_index(name)
            batch_op.create_index(name, [*columns, "at", "id"] if columns else ["at", "id"], unique=False)

    for table in RECORDS:
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.add_column(sa.Column("moved_at", DateTimeUTC(timezone=True), nullable=True))
            batch_op.add_column(sa.Column("moved_reason", sa.Text(), nullable=True))
            batch_op.add_column(sa.Column("replaced_by", sa.String(length=60), nullable=True))
            batch_op.add_column(sa.Column("moved_with", sa.String(length=60), nullable=True))
    op.add_column("scopes", sa.Column("awaits", sa.Date(), nullable=True))
    op.create_index(op.f("ix_scopes_awaits"), "scopes", ["awaits"], unique=False)
    op.execute("UPDATE scopes SET awaits = release_date WHERE state = 'public' AND release_date >= CURRENT_DATE")


def downgrade() -> None:
    """Take back."""
    op.drop_index(op.f("ix_scopes_awaits"), table_name="scopes")
    drop_columns("scopes", "awaits")
    for table in RECORDS:
        drop_columns(table, "moved_with", "replaced_by", "moved_reason", "moved_at")
    with op.batch_alter_table("events", schema=None) as batch_op:
        for name, columns in EVENT_INDEXES.items():
            batch_op.drop_index(name)
            if name != "ix_events_verb":
                batch_op.create_index(name, columns or ["at"], unique=False)
        batch_op.drop_index("uq_events_seal")
        batch_op.drop_index(
            "ix_events_unsealed",
            postgresql_where=sa.text("seal_number IS NULL"),
            sqlite_where=sa.text("seal_number IS NULL"),
        )
    drop_columns("events", "seal_digest", "seal_number")

    drop_columns(
        "accounts", "tokens_valid_from", "locked_until", "failed_logins", "orcid", "affiliation", "email_verified"
    )

    drop_columns("access_tokens", "last_used_at", "scopes")

    with op.batch_alter_table("reviewer_links", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_reviewer_links_scope_id"))

    op.drop_table("reviewer_links")
    with op.batch_alter_table("invitations", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_invitations_organisation_id"))
        batch_op.drop_index(batch_op.f("ix_invitations_group_id"))
        batch_op.drop_index(batch_op.f("ix_invitations_email"))

    op.drop_table("invitations")
    with op.batch_alter_table("group_members", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_group_members_account_id"))

    op.drop_table("group_members")
    with op.batch_alter_table("grants", schema=None) as batch_op:
        batch_op.drop_index("ix_grants_group")
        batch_op.drop_index("ix_grants_account")
        batch_op.drop_index("uq_grants_group")
        batch_op.drop_index("uq_grants_account")

    op.drop_table("grants")
    with op.batch_alter_table("password_resets", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_password_resets_account_id"))

    op.drop_table("password_resets")
    with op.batch_alter_table("machine_clients", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_machine_clients_account_id"))

    op.drop_table("machine_clients")
    with op.batch_alter_table("kept_answers", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_kept_answers_expires_at"))

    op.drop_table("kept_answers")
    with op.batch_alter_table("identities", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_identities_account_id"))

    op.drop_table("identities")
    with op.batch_alter_table("groups", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_groups_owner_id"))

    op.drop_table("groups")
    with op.batch_alter_table("sign_ins", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sign_ins_expires_at"))

    op.drop_table("sign_ins")
    with op.batch_alter_table("request_counts", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_request_counts_window"))

    op.drop_table("request_counts")
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.drop_index("ix_outbox_recipient")
        batch_op.drop_index("ix_outbox_due")

    op.drop_table("outbox")
    op.drop_table("lims_deliveries")


def drop_columns(table: str, *columns: str) -> None:
    """Drop columns in place: a batch would make the table anew, which SQLite refuses while others refer to it."""
    for column in columns:
        op.execute(f"ALTER TABLE {table} DROP COLUMN {column}")
