"""Alembic's entry: always on a connection that drip opened."""

from alembic import context

from drip.store.staff_schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
