"""Add an index of the audit log by device, since fleet changes are recorded there."""

from typing import Final

from alembic import op

revision: Final = "0014"
down_revision: Final = "0013"


def upgrade() -> None:
    op.create_index("ix_audit_log_object", "audit_log", ["object", "number"])
