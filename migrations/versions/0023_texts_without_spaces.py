"""texts of the map that the first version wrote lose their spaces: an outline is cut out of them where the code ends"""

from alembic import op

revision = "0023"
down_revision = "0022"

_WRITTEN = """
UPDATE {table} m SET feature = substring(m.feature FOR {head}) || convert_to('{{' || (
    SELECT string_agg(to_json(p.key)::text || ':' || p.value::text, ',' ORDER BY p.n)
    FROM json_each(convert_from(substring(m.feature FROM {head} + 1 FOR octet_length(m.feature) - {head} - 1), 'UTF8')::json)
         WITH ORDINALITY p (key, value, n)) || '}}}}', 'UTF8')
WHERE substring(m.feature FROM {head} + 1 FOR 13) = convert_to('{{"land_code" ', 'UTF8')
"""
"""`head`: octets before the properties."""


def upgrade() -> None:
    op.execute(_WRITTEN.format(table="map_parcel", head="m.head"))
    op.execute(_WRITTEN.format(table="map_parcel_public", head="(position('\"properties\":'::bytea IN m.feature) + 12)"))


def downgrade() -> None:
    raise NotImplementedError("migrations go forward; restore a backup to go back")
