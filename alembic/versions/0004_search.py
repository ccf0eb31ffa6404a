"""The search index, its words in FTS5 or tsvector, and the triggers that keep it in step with the records."""

# ruff: noqa: S608  # what stands in these statements are names from the tables below

import unicodedata
from collections.abc import Iterator

import sqlalchemy as sa
from advanced_alchemy.types import GUID
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WORDS = sa.Text().with_variant(postgresql.TSVECTOR(), "postgresql")
GONE = "('withdrawn', 'removed')"
MOST = 50_000  # characters of a record that are indexed

KINDS = {"projects": "PRJ", "subjects": "SBJ", "samples": "SAM", "experiments": "EXP", "runs": "RUN"}
TITLES = {"projects": "title", "subjects": "alias", "samples": "alias", "experiments": "alias", "runs": "filename"}
EXTERNAL = ("ena_accession", "ncbi_accession")
BODIES = {
    "projects": ("alias", "description", "project_type", *EXTERNAL),
    "subjects": ("organism", "tax_id", "sex"),
    "samples": (
        *("organism", "tax_id", "geographic_location", "breed", "host", "tissue", "developmental_stage", "sex"),
        *("collection_date", "custom_fields", "checklist_id", *EXTERNAL),
    ),
    "experiments": (
        *("library_name", "instrument_model", "library_strategy", "library_source", "library_selection"),
        *("library_layout", "platform", *EXTERNAL),
    ),
    "runs": ("alias", "file_type", *EXTERNAL),
}
ENTRY = ("kind", "serial", "scope_id", "state", "sample_id", "file_id", "title", "body")
KEPT = ("scope_id", "state", "sample_id", "file_id", "title", "body")


def upgrade() -> None:
    """Apply, and index what was registered before."""
    make_table()
    if on_postgres():
        op.execute("SET LOCAL lock_timeout = '10s'")
        make_functions()
    else:
        make_fts()
    op.execute("INSERT INTO counters (kind, next) VALUES ('search', 1)")
    op.execute(filling())
    if on_postgres():
        for name in ("words", "title_words"):
            op.create_index(f"ix_search_entries_{name}", "search_entries", [name], postgresql_using="gin")
        for table in KINDS:
            follow_on_postgres(table)
        bump_on_postgres()
    else:
        for table in KINDS:
            follow_on_sqlite(table)
        bump_on_sqlite()


def downgrade() -> None:
    """Take back."""
    for table in KINDS:
        for what in ("added", "changed", "deleted"):
            on_table = f" ON {table}" if on_postgres() else ""
            op.execute(f"DROP TRIGGER search_{table}_{what}{on_table}")
    op.drop_table("search_entries")
    op.execute("DELETE FROM counters WHERE kind = 'search'")
    if on_postgres():
        for table in KINDS:
            for what in ("added", "changed", "deleted"):
                op.execute(f"DROP FUNCTION search_{table}_{what}()")
        for function in ("search_moved()", "search_words(text)", "search_folded(text)"):
            op.execute(f"DROP FUNCTION {function}")
    else:
        op.execute("DROP TABLE search_vocabulary")
        op.execute("DROP TABLE search_titles")
        op.execute("DROP TABLE search_words")


def on_postgres() -> bool:
    """Whether the database is PostgreSQL."""
    return bool(op.get_context().dialect.name == "postgresql")


def make_table() -> None:
    """Make the table of what can be found."""
    op.create_table(
        "search_entries",
        sa.Column("id", SERIAL, sa.Identity(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("serial", sa.BigInteger(), nullable=False),
        sa.Column("scope_id", GUID(length=16), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("sample_id", GUID(length=16), nullable=True),
        sa.Column("file_id", GUID(length=16), nullable=True),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("title_words", WORDS, nullable=True),
        sa.Column("words", WORDS, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_entries")),
    )
    op.create_index("uq_search_entries_record", "search_entries", ["kind", "serial"], unique=True)


def entry_of(table: str, row: str) -> list[str]:
    """Return the expressions of an entry's columns, in the order of `ENTRY`, for the record that `row` names."""
    samples = {
        "samples": f"{row}.id",
        "experiments": f"{row}.sample_id",
        "runs": f"(SELECT e.sample_id FROM experiments e WHERE e.id = {row}.experiment_id)",
    }
    nothing = "CAST(NULL AS uuid)" if on_postgres() else "NULL"
    sample, file = samples.get(table, nothing), f"{row}.file_id" if table == "runs" else nothing
    own = [f"'{KINDS[table]}'", f"{row}.serial", f"{row}.scope_id", f"{row}.state", sample, file]
    return [*own, f"{row}.{TITLES[table]}", body_of(table, row)]


def body_of(table: str, row: str) -> str:
    """Return the expression that joins the fields of a record, one a line."""
    fields = [custom(row) if name == "custom_fields" else f"{row}.{name}" for name in BODIES[table]]
    if on_postgres():
        return f"left(concat_ws(E'\\n', {', '.join(fields)}), {MOST})"
    lines = " || ".join(f"coalesce({field} || char(10), '')" for field in fields)
    return f"substr({lines}, 1, {MOST})"


def custom(row: str) -> str:
    """Return the expression for all texts and numbers in a record's own fields, however deep, one a line."""
    if on_postgres():
        return (
            "(SELECT string_agg(v #>> '{}', E'\\n') "
            f"FROM jsonb_path_query({row}.custom_fields, 'strict $.**') AS found(v) "
            "WHERE jsonb_typeof(v) IN ('string', 'number'))"
        )
    found = f"json_tree({row}.custom_fields) WHERE type IN ('text', 'integer', 'real')"
    return f"(SELECT group_concat(atom, char(10)) FROM {found})"


def filling() -> str:
    """Return the statement that indexes all records there are, in the order in which they were registered."""
    parts = [
        f"SELECT r.id AS made, {', '.join(f'{e} AS {c}' for e, c in zip(entry_of(table, 'r'), ENTRY, strict=True))} "
        f"FROM {table} r WHERE r.state NOT IN {GONE}"
        for table in KINDS
    ]
    columns = ", ".join(ENTRY)
    ordered = f"SELECT {columns} FROM ({' UNION ALL '.join(parts)}) found ORDER BY made"
    if on_postgres():
        return f"INSERT INTO search_entries ({columns}, title_words, words) {with_vectors(ordered)}"
    return f"INSERT INTO search_entries ({columns}) {ordered}"


# --- SQLite: two FTS5 tables without content of their own


def make_fts() -> None:
    """Make the tables of words, and the triggers that keep them in step with the entries."""
    for name in ("search_titles", "search_words"):
        op.execute(
            f"CREATE VIRTUAL TABLE {name} USING fts5"
            "(text, content='', columnsize=0, tokenize='unicode61 remove_diacritics 2')"
        )
    op.execute("CREATE VIRTUAL TABLE search_vocabulary USING fts5vocab(search_words, instance)")
    added, taken = indexed("NEW", ""), indexed("OLD", "'delete', ")
    op.execute(f"CREATE TRIGGER search_entries_added AFTER INSERT ON search_entries BEGIN {added} END")
    op.execute(f"CREATE TRIGGER search_entries_deleted AFTER DELETE ON search_entries BEGIN {taken} END")
    op.execute(
        "CREATE TRIGGER search_entries_changed AFTER UPDATE OF title, body ON search_entries "
        f"WHEN OLD.title IS NOT NEW.title OR OLD.body <> NEW.body BEGIN {taken} {added} END"
    )


def indexed(row: str, command: str) -> str:
    """Return the statements that write an entry's words, or take them back: accession, title, body, and the kind.

    The kind is one word that begins with a character which no question can hold.
    """
    accession = f"lower({row}.kind) || printf('%06d', {row}.serial)"
    own = {name: f"replace(coalesce({row}.{name}, ''), char(57344), ' ')" for name in ("title", "body")}
    title = f"{accession} || char(10) || {own['title']} || char(10)"
    kind = f"char(57344) || lower({row}.kind)"
    told = {"search_titles": f"{title} || {kind}", "search_words": f"{title} || {own['body']} || char(10) || {kind}"}
    return " ".join(
        f"INSERT INTO {name} ({name + ', ' if command else ''}rowid, text) VALUES ({command}{row}.id, {text});"
        for name, text in told.items()
    )


def follow_on_sqlite(table: str) -> None:
    """Make the triggers that write a table's records into the index."""
    columns = ", ".join(ENTRY)
    added = f"INSERT INTO search_entries ({columns}) SELECT {', '.join(entry_of(table, 'NEW'))}"
    there = f"WHERE NEW.state NOT IN {GONE}"
    kept = ", ".join(f"{name} = excluded.{name}" for name in KEPT)
    differs = " OR ".join(f"{name} IS NOT excluded.{name}" for name in KEPT)
    same = f"kind = '{KINDS[table]}' AND serial = "
    op.execute(f"CREATE TRIGGER search_{table}_added AFTER INSERT ON {table} BEGIN {added} {there}; END")
    op.execute(
        f"CREATE TRIGGER search_{table}_changed AFTER UPDATE OF {', '.join(watched(table))} ON {table} BEGIN "
        f"{added} {there} ON CONFLICT (kind, serial) DO UPDATE SET {kept} WHERE {differs}; "
        f"DELETE FROM search_entries WHERE {same} NEW.serial AND NEW.state IN {GONE}; END"
    )
    op.execute(
        f"CREATE TRIGGER search_{table}_deleted AFTER DELETE ON {table} BEGIN "
        f"DELETE FROM search_entries WHERE {same} OLD.serial; END"
    )


def bump_on_sqlite() -> None:
    """Count every change of an entry, so that a total is not kept beyond it."""
    for what in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER search_moved_by_{what.lower()} AFTER {what} ON search_entries BEGIN "
            "UPDATE counters SET next = next + 1 WHERE kind = 'search'; END"
        )


def watched(table: str) -> list[str]:
    """Return the columns of a record whose change may change its entry."""
    files = ["file_id"] if table == "runs" else []
    return sorted({"scope_id", "state", TITLES[table], *BODIES[table], *files})


# --- PostgreSQL: two columns of type tsvector, whose words are made the way FTS5 makes them


def with_vectors(entries: str) -> str:
    """Return the rows of `entries`, each with its two vectors, of which the second begins with the first."""
    accession = "lower(e.kind) || lpad(e.serial::text, greatest(6, length(e.serial::text)), '0')"
    names = f"search_words(concat_ws(E'\\n', {accession}, e.title)) || ('.' || lower(e.kind))::tsvector AS names"
    made = f"SELECT {names}, search_words(e.body) AS others OFFSET 0"  # so that each is made once
    columns = ", ".join(f"e.{name}" for name in ENTRY)
    return f"SELECT {columns}, v.names, v.names || v.others FROM ({entries}) e CROSS JOIN LATERAL ({made}) v"


def make_functions() -> None:
    """Make the functions that cut a text into words, whatever the server's locale is.

    A diacritic on a Latin letter is dropped, letters become small, and all that is no letter or digit parts words.
    """
    large, small = zip(*case_pairs(), strict=True)
    op.execute(
        "CREATE FUNCTION search_folded(t text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ "
        "SELECT regexp_replace(translate(lower(normalize(regexp_replace(normalize(t, NFD), "
        "'([A-Za-z])[\\u0300-\\u036f]+', '\\1', 'g'), NFC) COLLATE \"C\"), "
        f"'{''.join(large)}', '{''.join(small)}'), '[{separators()}]+', ' ', 'g') $$"
    )
    op.execute(
        "CREATE FUNCTION search_words(t text) RETURNS tsvector LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$ BEGIN "
        "RETURN (SELECT coalesce(string_agg(left(word, 255) || ':' || place, ' '), '')::tsvector FROM unnest("
        "string_to_array(CASE WHEN octet_length(t) = char_length(t) "
        "THEN regexp_replace(lower(t COLLATE \"C\"), '[^a-z0-9]+', ' ', 'g') ELSE search_folded(t) END, ' ')"
        ") WITH ORDINALITY AS found(word, place) WHERE word <> ''); END $$"
    )


def case_pairs() -> Iterator[tuple[str, str]]:
    """Yield letters with their small form of one character, but those that are ASCII without their diacritic."""
    for code in range(0x80, 0x2C00):
        letter = chr(code)
        small = letter.casefold()
        if len(small) != 1:
            small = letter.lower()
        if len(small) == 1 and small != letter and not unicodedata.normalize("NFD", letter)[0].isascii():
            yield letter, small


def separators() -> str:
    """Return the inside of a character class: all that is no letter and no digit."""
    ranges: list[list[int]] = []
    for code in range(1, 0x110000):
        if 0xD800 <= code <= 0xDFFF or unicodedata.category(chr(code))[0] in "LN":
            continue
        if ranges and ranges[-1][1] == code - 1:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    return "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in ranges)


def follow_on_postgres(table: str) -> None:
    """Make the triggers that write a table's records into the index: new ones all at once, others one by one."""
    columns = ", ".join((*ENTRY, "title_words", "words"))
    named = ", ".join(f"{e} AS {c}" for e, c in zip(entry_of(table, "r"), ENTRY, strict=True))
    there = f"r WHERE r.state NOT IN {GONE}"
    insert = f"INSERT INTO search_entries ({columns})"
    kept = ", ".join(f"{name} = excluded.{name}" for name in (*KEPT, "title_words", "words"))
    before, after = (", ".join(f"{which}.{name}" for name in KEPT) for which in ("search_entries", "excluded"))
    entry = f"kind = '{KINDS[table]}' AND serial ="
    bodies = {
        "added": f"{insert} {with_vectors(f'SELECT {named} FROM added {there}')};",
        "changed": (
            f"IF NEW.state IN {GONE} THEN DELETE FROM search_entries WHERE {entry} NEW.serial; ELSE "
            f"{insert} {with_vectors(f'SELECT {named} FROM (SELECT NEW.*) {there}')} "
            f"ON CONFLICT (kind, serial) DO UPDATE SET {kept} WHERE ({before}) IS DISTINCT FROM ({after}); END IF;"
        ),
        "deleted": f"DELETE FROM search_entries WHERE {entry} OLD.serial;",
    }
    for what, body in bodies.items():
        op.execute(
            f"CREATE FUNCTION search_{table}_{what}() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN {body} RETURN NULL; END $$"
        )
    events = {
        "added": f"INSERT ON {table} REFERENCING NEW TABLE AS added FOR EACH STATEMENT",
        "changed": f"UPDATE OF {', '.join(watched(table))} ON {table} FOR EACH ROW",
        "deleted": f"DELETE ON {table} FOR EACH ROW",
    }
    for what, event in events.items():
        op.execute(f"CREATE TRIGGER search_{table}_{what} AFTER {event} EXECUTE FUNCTION search_{table}_{what}()")


def bump_on_postgres() -> None:
    """Count every transaction that changes entries, so that a total is not kept beyond it.

    Only at its end: the counter's row is the last one that is locked, so nobody waits for two at once.
    """
    op.execute(
        "CREATE FUNCTION search_moved() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "IF current_setting('seqark.search_moved', true) IS DISTINCT FROM txid_current()::text THEN "
        "PERFORM set_config('seqark.search_moved', txid_current()::text, true); "
        "UPDATE counters SET next = next + 1 WHERE kind = 'search'; END IF; RETURN NULL; END $$"
    )
    op.execute(
        "CREATE CONSTRAINT TRIGGER search_moved AFTER UPDATE OR DELETE ON search_entries "
        "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION search_moved()"
    )
