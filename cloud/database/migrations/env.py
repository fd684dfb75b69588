"""Alembic runs this file to be told the connection; the transaction around it is the caller's."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
context.run_migrations()
