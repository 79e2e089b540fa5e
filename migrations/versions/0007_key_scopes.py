"""An API key may be narrowed to scopes and a rate"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    comment = "areas and collections; null: all its account reads"
    op.add_column("api_key", sa.Column("scopes", sa.ARRAY(sa.Text()), nullable=True, comment=comment))
    op.add_column("api_key", sa.Column("rate_per_minute", sa.Integer(), nullable=True, comment="null: no limit"))
    op.create_check_constraint(op.f("ck_api_key_rate"), "api_key", "rate_per_minute > 0")


def downgrade() -> None:
    op.drop_constraint(op.f("ck_api_key_rate"), "api_key")
    op.drop_column("api_key", "rate_per_minute")
    op.drop_column("api_key", "scopes")
