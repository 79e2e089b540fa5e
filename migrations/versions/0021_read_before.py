"""what imports of the first version had read is told in today's form: header and unit of a column apart"""

from alembic import op

revision = "0021"
down_revision = "0020"

_AS_TODAY = """
UPDATE import_job j SET files = (
    SELECT jsonb_agg(
        CASE WHEN jsonb_typeof(f -> 'mapping' -> 'columns') = 'object'
             THEN jsonb_set(f, '{mapping,columns}', (
                 SELECT coalesce(jsonb_object_agg(c.key, CASE WHEN jsonb_typeof(c.value) = 'string' THEN jsonb_build_object(
                     'header', split_part(c.value #>> '{}', ' → ', 1), 'unit', nullif(split_part(c.value #>> '{}', ' → ', 2), ''))
                     ELSE c.value END), '{}')
                 FROM jsonb_each(f -> 'mapping' -> 'columns') c))
             ELSE f END
        ORDER BY n)
    FROM jsonb_array_elements(j.files) WITH ORDINALITY a (f, n))
WHERE jsonb_path_exists(j.files, '$[*].mapping.columns.* ? (@.type() == "string")')
"""


def upgrade() -> None:
    op.execute(_AS_TODAY)


def downgrade() -> None:
    raise NotImplementedError("migrations go forward; restore a backup to go back")
