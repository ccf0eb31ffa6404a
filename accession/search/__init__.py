"""Full-text search over everything that is registered, kept in step by the database itself."""
