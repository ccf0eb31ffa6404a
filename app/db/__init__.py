"""The database: engines for SQLite and PostgreSQL, and the migrations of the one schema."""
