"""The gateway's own data: SQLAlchemy Core tables, one module per service, on SQLite or PostgreSQL."""
