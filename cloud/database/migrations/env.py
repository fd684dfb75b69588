"""Alembic runs this file to get the connection; the caller manages the transaction."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
context.run_migrations()
