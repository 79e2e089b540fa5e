"""typed columns of the map for filters and sorting, filled from what is published"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

FILL = """
INSERT INTO map_filter (
    county_code, id,
    land_code, cadastral_code, town_code, responsible_body, block_code, ownership, legality, land_use_code, area_registered_m2,
    area_contract_m2, area_planar_m2, area_geodesic_m2, area_used_m2, area_used_mu, area_basis, inside_ratio, control_line_relation,
    industry_code, industry_division, user_count, main_uscc, tax_band, tax_year, grade, grade_prev, grade_year, far,
    gross_floor_area_m2, far_floor_area_m2, vacant_floor_ratio, vacant_months, on_list, tenant_closed, capacity_gate_failed,
    supply_mode, supply_electronic_no, agreed_start_on, tax_data_on, grade_data_on, far_data_on, vacancy_data_on, list_data_on,
    tenant_data_on, gate_data_on, inefficient, idle, standard_land, display_class, case_state
)
SELECT v.county_code, v.parcel_id,
       p.land_code, v.cadastral_code, v.town_code, v.responsible_body, v.block_code, v.ownership, v.legality, v.land_use_code,
       v.area_registered_m2, v.area_contract_m2, v.area_planar_m2, v.area_geodesic_m2, f.area_used_m2, f.area_used_mu, f.area_basis,
       f.inside_ratio, f.control_line_relation, f.industry_code, f.industry_division, f.user_count, f.main_uscc, f.tax_band, f.tax_year,
       f.grade, f.grade_prev, f.grade_year, f.far, f.gross_floor_area_m2, f.far_floor_area_m2, f.vacant_floor_ratio, f.vacant_months,
       f.on_list, f.tenant_closed, f.capacity_gate_failed, f.supply_mode, f.supply_electronic_no, f.agreed_start_on, f.tax_data_on,
       f.grade_data_on, f.far_data_on, f.vacancy_data_on, f.list_data_on, f.tenant_data_on, f.gate_data_on,
       coalesce(f.inefficient, 'unknown'), coalesce(f.idle, 'insufficient_data'), coalesce(f.standard_land, 'unknown'),
       m.display_class,
       (SELECT (array_agg(c.state ORDER BY (c.state NOT IN ('accepted', 'delisted', 'reversed')) DESC, c.id DESC))[1]
        FROM case_parcel cp
        JOIN remediation_case c ON c.id = cp.case_id
        WHERE cp.county_code = v.county_code AND cp.parcel_id = v.parcel_id AND c.state <> 'dismissed')
FROM map_parcel m
JOIN parcel_version v ON v.county_code = m.county_code AND v.parcel_id = m.id AND v.is_current
JOIN parcel p ON p.id = v.parcel_id
LEFT JOIN parcel_fact f ON f.county_code = v.county_code AND f.parcel_id = v.parcel_id
"""


def upgrade() -> None:
    op.create_table(
        "map_filter",
        sa.Column("county_code", sa.String(length=6), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("land_code", sa.Text(), nullable=True),
        sa.Column("cadastral_code", sa.Text(), nullable=True),
        sa.Column("town_code", sa.Text(), nullable=True),
        sa.Column("responsible_body", sa.Text(), nullable=True),
        sa.Column("block_code", sa.Text(), nullable=True),
        sa.Column("ownership", sa.Text(), nullable=True),
        sa.Column("legality", sa.Text(), nullable=True),
        sa.Column("land_use_code", sa.Text(), nullable=True),
        sa.Column("area_registered_m2", sa.Numeric(), nullable=True),
        sa.Column("area_contract_m2", sa.Numeric(), nullable=True),
        sa.Column("area_planar_m2", sa.Numeric(), nullable=True),
        sa.Column("area_geodesic_m2", sa.Numeric(), nullable=True),
        sa.Column("area_used_m2", sa.Numeric(), nullable=True),
        sa.Column("area_used_mu", sa.Numeric(), nullable=True),
        sa.Column("area_basis", sa.Text(), nullable=True),
        sa.Column("inside_ratio", sa.Numeric(), nullable=True),
        sa.Column("control_line_relation", sa.Text(), nullable=True),
        sa.Column("industry_code", sa.Text(), nullable=True),
        sa.Column("industry_division", sa.Text(), nullable=True),
        sa.Column("user_count", sa.Integer(), nullable=True),
        sa.Column("main_uscc", sa.Text(), nullable=True),
        sa.Column("tax_band", sa.Text(), nullable=True),
        sa.Column("tax_year", sa.Integer(), nullable=True),
        sa.Column("grade", sa.Text(), nullable=True),
        sa.Column("grade_prev", sa.Text(), nullable=True),
        sa.Column("grade_year", sa.Integer(), nullable=True),
        sa.Column("far", sa.Numeric(), nullable=True),
        sa.Column("gross_floor_area_m2", sa.Numeric(), nullable=True),
        sa.Column("far_floor_area_m2", sa.Numeric(), nullable=True),
        sa.Column("vacant_floor_ratio", sa.Numeric(), nullable=True),
        sa.Column("vacant_months", sa.Integer(), nullable=True),
        sa.Column("on_list", sa.Boolean(), nullable=True),
        sa.Column("tenant_closed", sa.Boolean(), nullable=True),
        sa.Column("capacity_gate_failed", sa.Boolean(), nullable=True),
        sa.Column("supply_mode", sa.Text(), nullable=True),
        sa.Column("supply_electronic_no", sa.Text(), nullable=True),
        sa.Column("agreed_start_on", sa.Date(), nullable=True),
        sa.Column("tax_data_on", sa.Date(), nullable=True),
        sa.Column("grade_data_on", sa.Date(), nullable=True),
        sa.Column("far_data_on", sa.Date(), nullable=True),
        sa.Column("vacancy_data_on", sa.Date(), nullable=True),
        sa.Column("list_data_on", sa.Date(), nullable=True),
        sa.Column("tenant_data_on", sa.Date(), nullable=True),
        sa.Column("gate_data_on", sa.Date(), nullable=True),
        sa.Column("inefficient", sa.Text(), nullable=True),
        sa.Column("idle", sa.Text(), nullable=True),
        sa.Column("standard_land", sa.Text(), nullable=True),
        sa.Column("display_class", sa.Text(), nullable=True),
        sa.Column("case_state", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("county_code", "id", name=op.f("pk_map_filter")),
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON map_filter TO yima_app")
    op.execute("GRANT SELECT ON map_filter TO yima_map")
    op.execute(FILL)
    op.execute("ANALYZE map_filter")


def downgrade() -> None:
    op.drop_table("map_filter")
