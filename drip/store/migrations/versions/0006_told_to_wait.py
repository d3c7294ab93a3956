"""Messages that asked and were told to wait are found by why: a pause is lifted without a look at the whole plan"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    where = sa.text("state = 'planned' AND reason <> ''")
    name, columns = "ix_messages_told_to_wait", ["reason", "sequence"]
    op.create_index(name, "messages", columns, unique=False, sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    raise NotImplementedError("drip's migrations only go forward; restore a backup instead")
