"""every table of the house"""

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects import postgresql

from app.maps.models import Box

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "account",
        sa.Column("id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("county_code", sa.String(length=6), nullable=False),
        sa.Column("username", sa.Text(), nullable=False),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("department_code", sa.Text(), nullable=True),
        sa.Column("responsible_body", sa.String(length=9), nullable=True),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
    )
    op.create_index("uq_account_username", "account", ["username"], unique=True)
    op.create_table(
        "audit_head",
        sa.Column("county_code", sa.String(length=6), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("county_code", name=op.f("pk_audit_head")),
    )
    op.create_table(
        "audit_record",
        sa.Column("county_code", sa.String(length=6), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("object_kind", sa.Text(), nullable=False),
        sa.Column("object_id", sa.Text(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("prev_hash", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("county_code", "seq", name=op.f("pk_audit_record")),
    )
    op.create_index(
        op.f("ix_audit_record_county_code_object_kind_object_id"), "audit_record", ["county_code", "object_kind", "object_id"], unique=False
    )
    op.create_geospatial_table(
        "block",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("county_code", sa.String(length=6), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("responsible_body", sa.String(length=9), nullable=True),
        sa.Column("area_planar_m2", sa.Numeric(precision=16, scale=2), nullable=True),
        sa.Column(
            "geom",
            Geometry(
                geometry_type="MULTIPOLYGON", srid=4490, dimension=2, spatial_index=False, from_text="ST_GeomFromEWKT", name="geometry"
            ),
            nullable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_block")),
    )
    op.create_geospatial_index("idx_block_geom", "block", ["geom"], unique=False, postgresql_using="gist", postgresql_ops={})
    op.create_index("uq_block_county_code", "block", ["county_code", "code"], unique=True)
    op.create_table(
        "calibre",
        sa.Column("county_code", sa.String(length=6), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("bodies", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("county_code", "code", name=op.f("pk_calibre")),
    )
    op.create_table(
        "code_counter",
        sa.Column("county_code", sa.String(length=6), nullable=False),
        sa.Column("town_suffix", sa.String(length=3), nullable=False),
        sa.Column("kind", sa.String(length=2), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("county_code", "town_suffix", "kind", name=op.f("pk_code_counter")),
    )
    op.create_geospatial_table(
        "county",
        sa.Column("code", sa.String(length=6), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("prefecture_code", sa.String(length=6), nullable=True),
        sa.Column("meridian_epsg", sa.Integer(), nullable=False, comment="EPSG of the county's one 3° Gauss–Krüger plane"),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("is_test", sa.Boolean(), nullable=False),
        sa.Column(
            "geom",
            Geometry(
                geometry_type="MULTIPOLYGON", srid=4490, dimension=2, spatial_index=False, from_text="ST_GeomFromEWKT", name="geometry"
            ),
            nullable=True,
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_county")),
    )
    op.create_table(
        "enterprise",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("county_code", sa.String(length=6), nullable=False),
        sa.Column("uscc", sa.String(length=18), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("former_names", sa.Text(), nullable=True),
        sa.Column("industry_code", sa.String(length=4), nullable=True, comment="GB/T 4754-2017"),
        sa.Column("scale", sa.Text(), nullable=True, comment="above_scale 规上 | below_scale 规下"),
        sa.Column("status", sa.Text(), nullable=True, comment="active|suspended|cancelled|revoked"),
        sa.Column("status_on", sa.Date(), nullable=True),
        sa.Column("data_on", sa.Date(), nullable=True),
        sa.Column("import_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("status IN ('active','suspended','cancelled','revoked')", name=op.f("ck_enterprise_status")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enterprise")),
    )
    op.create_index("uq_enterprise_county_uscc", "enterprise", ["county_code", "uscc"], unique=True)
    op.create_table(
        "idempotency_key",
        sa.Column("county_code", sa.String(length=6), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("body_hash", sa.String(length=64), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("answer", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("county_code", "actor_id", "key", name=op.f("pk_idempotency_key")),
    )
    op.create_table(
        "import_job",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("county_code", sa.String(length=6), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column(
            "files", postgresql.JSONB(astext_type=sa.Text()), nullable=False, comment="[{name, sha256, layer, encoding, crs, rows, why}]"
        ),
        sa.Column("delivery_hash", sa.String(length=64), nullable=False, comment="SHA-256 over the files' hashes, kind and options"),
        sa.Column("data_on", sa.Date(), nullable=False),
        sa.Column("counts", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("applied_by", sa.Text(), nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_job")),
    )
    op.create_index(op.f("ix_import_job_county_code_delivery_hash"), "import_job", ["county_code", "delivery_hash"], unique=False)
    op.create_table(
        "layer_version",
        sa.Column("county_code", sa.String(length=6), nullable=False),
        sa.Column("layer", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("county_code", "layer", name=op.f("pk_layer_version")),
    )
    op.create_table(
        "list_check",
        sa.Column("county_code", sa.String(length=6), nullable=False),
        sa.Column("list_kind", sa.Text(), nullable=False),
        sa.Column("data_on", sa.Date(), nullable=False),
        sa.Column("import_id", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("county_code", "list_kind", "data_on", name=op.f("pk_list_check")),
    )
    op.create_geospatial_table(
        "map_parcel",
        sa.Column("county_code", sa.String(length=6), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("responsible_body", sa.String(length=9), nullable=False),
        sa.Column("display_class", sa.Text(), nullable=False),
        sa.Column("land_code", sa.String(length=17), nullable=False),
        sa.Column("cadastral_code", sa.Text(), nullable=True),
        sa.Column("grade", sa.Text(), nullable=True),
        sa.Column("inefficient", sa.Text(), nullable=True),
        sa.Column("idle", sa.Text(), nullable=True),
        sa.Column("standard_land", sa.Text(), nullable=True),
        sa.Column("area_used_mu", sa.Numeric(precision=14, scale=4), nullable=False),
        sa.Column("box", Box(), nullable=False, comment="extent of geom in degrees"),
        sa.Column(
            "geom",
            Geometry(
                geometry_type="MULTIPOLYGON",
                srid=4490,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.Column(
            "geom_3857",
            Geometry(
                geometry_type="MULTIPOLYGON",
                srid=3857,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.Column("feature", sa.LargeBinary(), nullable=False),
        sa.Column("outline", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint(
            "county_code",
            "id",
            name=op.f("pk_map_parcel"),
            postgresql_include=["responsible_body", "display_class", "inefficient", "idle", "standard_land", "grade"],
        ),
    )
    op.create_index(
        "ix_map_parcel_box",
        "map_parcel",
        ["box"],
        unique=False,
        postgresql_using="gist",
        postgresql_include=["id", "county_code", "responsible_body", "display_class", "inefficient", "idle", "standard_land", "grade"],
    )
    op.create_geospatial_index(
        "ix_map_parcel_geom_3857", "map_parcel", ["geom_3857"], unique=False, postgresql_using="gist", postgresql_ops={}
    )
    op.create_index("ix_map_parcel_land_code", "map_parcel", ["county_code", "land_code"], unique=False)
    op.create_index(
        "ix_map_parcel_page",
        "map_parcel",
        ["id", "box"],
        unique=False,
        postgresql_using="gist",
        postgresql_include=["county_code", "responsible_body", "display_class", "inefficient", "idle", "standard_land", "grade"],
    )
    op.create_geospatial_table(
        "map_parcel_public",
        sa.Column("county_code", sa.String(length=6), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("land_code", sa.String(length=17), nullable=False),
        sa.Column("responsible_body", sa.String(length=9), nullable=False),
        sa.Column("standard_land", sa.Text(), nullable=True),
        sa.Column("grade", sa.Text(), nullable=True),
        sa.Column("box", Box(), nullable=False, comment="extent of geom in degrees"),
        sa.Column(
            "geom",
            Geometry(
                geometry_type="POINT",
                srid=4490,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.Column(
            "geom_3857",
            Geometry(
                geometry_type="POINT",
                srid=3857,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.Column("feature", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint(
            "county_code", "id", name=op.f("pk_map_parcel_public"), postgresql_include=["responsible_body", "standard_land", "grade"]
        ),
    )
    op.create_index(
        "ix_map_parcel_public_box",
        "map_parcel_public",
        ["box"],
        unique=False,
        postgresql_using="gist",
        postgresql_include=["id", "county_code", "responsible_body", "standard_land", "grade"],
    )
    op.create_geospatial_index(
        "ix_map_parcel_public_geom_3857", "map_parcel_public", ["geom_3857"], unique=False, postgresql_using="gist", postgresql_ops={}
    )
    op.create_index("ix_map_parcel_public_land_code", "map_parcel_public", ["county_code", "land_code"], unique=False)
    op.create_index(
        "ix_map_parcel_public_page",
        "map_parcel_public",
        ["id", "box"],
        unique=False,
        postgresql_using="gist",
        postgresql_include=["county_code", "responsible_body", "standard_land", "grade"],
    )
    op.create_table(
        "milestone",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("value", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("reached_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_milestone")),
    )
    op.create_table(
        "parcel",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("county_code", sa.String(length=6), nullable=False),
        sa.Column("land_code", sa.String(length=17), nullable=False, comment="county 6 + birth town 3 + P + number 6 + check 1"),
        sa.Column("source_key", sa.Text(), nullable=False, comment="key of the delivering party, 宗地代码 where it is valid"),
        sa.Column("born_import_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_parcel")),
    )
    op.create_index("uq_parcel_county_land_code", "parcel", ["county_code", "land_code"], unique=True)
    op.create_index("uq_parcel_county_source_key", "parcel", ["county_code", "source_key"], unique=True)
    op.create_table(
        "parcel_fact",
        sa.Column("county_code", sa.String(length=6), nullable=False),
        sa.Column("parcel_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("land_code", sa.String(length=17), nullable=False),
        sa.Column("cadastral_code", sa.Text(), nullable=True),
        sa.Column("town_code", sa.String(length=9), nullable=False),
        sa.Column("responsible_body", sa.String(length=9), nullable=False),
        sa.Column("ownership", sa.String(length=1), nullable=True),
        sa.Column("legality", sa.Text(), nullable=True),
        sa.Column("block_code", sa.Text(), nullable=True),
        sa.Column("land_use_code", sa.Text(), nullable=True),
        sa.Column("area_registered_m2", sa.Numeric(precision=14, scale=2), nullable=True),
        sa.Column("area_contract_m2", sa.Numeric(precision=14, scale=2), nullable=True),
        sa.Column("area_planar_m2", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("area_geodesic_m2", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("area_used_m2", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("area_used_mu", sa.Numeric(precision=14, scale=4), nullable=False),
        sa.Column("area_basis", sa.Text(), nullable=False, comment="registered | contract | planar"),
        sa.Column("inside_ratio", sa.Numeric(precision=7, scale=6), nullable=True),
        sa.Column("control_line_relation", sa.Text(), nullable=True, comment="inside | outside | crossing"),
        sa.Column("industry_code", sa.Text(), nullable=True),
        sa.Column("industry_division", sa.Text(), nullable=True),
        sa.Column("user_count", sa.Integer(), nullable=False),
        sa.Column("main_uscc", sa.Text(), nullable=True),
        sa.Column("tax_per_mu", sa.Numeric(precision=16, scale=4), nullable=True, comment="万元/亩 of area its users use on it"),
        sa.Column("tax_per_mu_min", sa.Numeric(precision=16, scale=4), nullable=True),
        sa.Column("tax_band", sa.Text(), nullable=True),
        sa.Column("tax_year", sa.Integer(), nullable=True),
        sa.Column("tax_data_on", sa.Date(), nullable=True),
        sa.Column("tax_unknown_users", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("grade", sa.Text(), nullable=True),
        sa.Column("grade_prev", sa.Text(), nullable=True),
        sa.Column("grade_year", sa.Integer(), nullable=True),
        sa.Column("grade_data_on", sa.Date(), nullable=True),
        sa.Column("far", sa.Numeric(precision=10, scale=4), nullable=True),
        sa.Column("gross_floor_area_m2", sa.Numeric(precision=14, scale=2), nullable=True),
        sa.Column("far_floor_area_m2", sa.Numeric(precision=14, scale=2), nullable=True),
        sa.Column("far_data_on", sa.Date(), nullable=True),
        sa.Column("vacant_floor_ratio", sa.Numeric(precision=10, scale=4), nullable=True),
        sa.Column("vacant_months", sa.Integer(), nullable=True),
        sa.Column("vacancy_data_on", sa.Date(), nullable=True),
        sa.Column("on_list", sa.Boolean(), nullable=True),
        sa.Column("list_names", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("list_data_on", sa.Date(), nullable=True),
        sa.Column("tenant_closed", sa.Boolean(), nullable=True),
        sa.Column("tenant_data_on", sa.Date(), nullable=True),
        sa.Column("capacity_gate_failed", sa.Boolean(), nullable=True),
        sa.Column("gate_data_on", sa.Date(), nullable=True),
        sa.Column("supply_mode", sa.Text(), nullable=True),
        sa.Column("supply_electronic_no", sa.Text(), nullable=True),
        sa.Column("agreed_start_on", sa.Date(), nullable=True),
        sa.Column("inefficient", sa.Text(), nullable=True, comment="true | false | unknown"),
        sa.Column("idle", sa.Text(), nullable=True, comment="suspected | not_idle | insufficient_data"),
        sa.Column("standard_land", sa.Text(), nullable=True, comment="true | false | unknown"),
        sa.PrimaryKeyConstraint("county_code", "parcel_id", name=op.f("pk_parcel_fact")),
    )
    op.create_index(op.f("ix_parcel_fact_county_code_inefficient"), "parcel_fact", ["county_code", "inefficient"], unique=False)
    op.create_index(op.f("ix_parcel_fact_county_code_responsible_body"), "parcel_fact", ["county_code", "responsible_body"], unique=False)
    op.create_table(
        "planning_layer",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("county_code", sa.String(length=6), nullable=False),
        sa.Column("family", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("approved_by", sa.Text(), nullable=True),
        sa.Column("approved_on", sa.Date(), nullable=True),
        sa.Column("document", sa.Text(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("import_id", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_planning_layer")),
    )
    op.create_index("uq_planning_layer_version", "planning_layer", ["county_code", "family", "version"], unique=True)
    op.create_table(
        "read_log",
        sa.Column("county_code", sa.String(length=6), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=False),
        sa.Column("layer", sa.Text(), nullable=False),
        sa.Column("minute", sa.DateTime(timezone=True), nullable=False),
        sa.Column("fields", sa.Text(), nullable=False),
        sa.Column("object_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("county_code", "actor_id", "layer", "minute", "fields", "object_id", name=op.f("pk_read_log")),
    )
    op.create_table(
        "remediation_case",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False, comment="county code × 10⁹ + number"),
        sa.Column("county_code", sa.String(length=6), nullable=False),
        sa.Column("code", sa.Text(), nullable=False, comment="printed number, e.g. ZZ-2025-000001"),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("responsible_body", sa.String(length=9), nullable=False),
        sa.Column("list_kind", sa.Text(), server_default=sa.text("'inefficient_land'"), nullable=False, comment="which 清单 it came from"),
        sa.Column("category", sa.Text(), nullable=True, comment="四个一批 / local category code of the pack"),
        sa.Column("method", sa.Text(), nullable=True, comment="腾出方式 code of the pack"),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("deadline_on", sa.Date(), nullable=True),
        sa.Column("person_in_charge", sa.Text(), nullable=True),
        sa.Column("plan_text", sa.Text(), nullable=True),
        sa.Column("submitted_by", sa.Integer(), nullable=True, comment="account that applied; may not accept"),
        sa.Column("accepted_on", sa.Date(), nullable=True),
        sa.Column("created_on", sa.Date(), nullable=False),
        sa.Column("state_since", sa.Date(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_remediation_case")),
    )
    op.create_index(
        op.f("ix_remediation_case_county_code_responsible_body_state"),
        "remediation_case",
        ["county_code", "responsible_body", "state"],
        unique=False,
    )
    op.create_index("uq_remediation_case_county_code", "remediation_case", ["county_code", "code"], unique=True)
    op.create_table(
        "responsible_body",
        sa.Column("county_code", sa.String(length=6), nullable=False),
        sa.Column("code", sa.String(length=9), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, comment="town | functional_area | unassigned"),
        sa.Column("town_code", sa.String(length=9), nullable=True, comment="town whose parcels it takes by default"),
        sa.Column("sort", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.CheckConstraint("kind IN ('town','functional_area','county','unassigned')", name=op.f("ck_responsible_body_kind")),
        sa.PrimaryKeyConstraint("county_code", "code", name=op.f("pk_responsible_body")),
    )
    op.create_table(
        "rule_version",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("county_code", sa.String(length=6), nullable=False),
        sa.Column("content", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_version")),
    )
    op.create_table(
        "sign_in_attempt",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("username", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("succeeded", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_attempt")),
    )
    op.create_index(op.f("ix_sign_in_attempt_username_at"), "sign_in_attempt", ["username", "at"], unique=False)
    op.create_table(
        "target_observation",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("county_code", sa.String(length=6), nullable=False),
        sa.Column("target_id", sa.Text(), nullable=False),
        sa.Column("value", sa.Numeric(precision=18, scale=4), nullable=False),
        sa.Column("observed_on", sa.Date(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_target_observation")),
    )
    op.create_index("uq_target_observation", "target_observation", ["county_code", "target_id", "observed_on"], unique=True)
    op.create_geospatial_table(
        "town",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("county_code", sa.String(length=6), nullable=False),
        sa.Column("code", sa.String(length=9), nullable=False, comment="county 6 + suffix 3"),
        sa.Column("scheme", sa.Text(), nullable=False, comment="NBS2023 | MCA | import"),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, comment="street 街道 | town 镇 | township 乡"),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("is_synthetic", sa.Boolean(), nullable=False),
        sa.Column(
            "geom",
            Geometry(
                geometry_type="MULTIPOLYGON", srid=4490, dimension=2, spatial_index=False, from_text="ST_GeomFromEWKT", name="geometry"
            ),
            nullable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_town")),
    )
    op.create_geospatial_index("idx_town_geom", "town", ["geom"], unique=False, postgresql_using="gist", postgresql_ops={})
    op.create_index(
        "uq_town_code_from", "town", ["county_code", "scheme", "code", "valid_from"], unique=True, postgresql_nulls_not_distinct=True
    )
    op.create_table(
        "account_session",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_account_session_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_session")),
    )
    op.create_index("uq_account_session_token", "account_session", ["token_hash"], unique=True)
    op.create_table(
        "api_key",
        sa.Column("id", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("key_hash", sa.String(length=64), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column(
            "origins", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False, comment="CORS origins and Referers"
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_api_key_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_key")),
    )
    op.create_index("uq_api_key_hash", "api_key", ["key_hash"], unique=True)
    op.create_table(
        "building",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("county_code", sa.String(length=6), nullable=False),
        sa.Column("parcel_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False, comment="幢号"),
        sa.Column("storeys", sa.Integer(), nullable=True),
        sa.Column("gross_floor_area_m2", sa.Numeric(precision=14, scale=2), nullable=True),
        sa.Column("far_floor_area_m2", sa.Numeric(precision=14, scale=2), nullable=True, comment="计容建筑面积"),
        sa.Column("vacant_floor_area_m2", sa.Numeric(precision=14, scale=2), nullable=True),
        sa.Column("vacant_since", sa.Date(), nullable=True),
        sa.Column("let_floor_area_m2", sa.Numeric(precision=14, scale=2), nullable=True),
        sa.Column("data_on", sa.Date(), nullable=True),
        sa.Column("import_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["parcel_id"], ["parcel.id"], name=op.f("fk_building_parcel_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_building")),
    )
    op.create_index("uq_building_county_parcel_number", "building", ["county_code", "parcel_id", "number"], unique=True)
    op.create_table(
        "case_enterprise",
        sa.Column("county_code", sa.String(length=6), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("enterprise_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["remediation_case.id"], name=op.f("fk_case_enterprise_case_id")),
        sa.ForeignKeyConstraint(["enterprise_id"], ["enterprise.id"], name=op.f("fk_case_enterprise_enterprise_id")),
        sa.PrimaryKeyConstraint("county_code", "case_id", "enterprise_id", name=op.f("pk_case_enterprise")),
    )
    op.create_table(
        "case_event",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("county_code", sa.String(length=6), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("from_state", sa.Text(), nullable=True),
        sa.Column("to_state", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=False),
        sa.Column("actor_name", sa.Text(), nullable=False),
        sa.Column("actor_role", sa.Text(), nullable=False),
        sa.Column("department_code", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("document", sa.Text(), nullable=True),
        sa.Column("detail", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("happened_on", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["remediation_case.id"], name=op.f("fk_case_event_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_event")),
    )
    op.create_index(op.f("ix_case_event_case_id_id"), "case_event", ["case_id", "id"], unique=False)
    op.create_geospatial_table(
        "case_parcel",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("county_code", sa.String(length=6), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("parcel_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "part",
            Geometry(
                geometry_type="MULTIPOLYGON", srid=4490, dimension=2, spatial_index=False, from_text="ST_GeomFromEWKT", name="geometry"
            ),
            nullable=True,
            comment="null = the whole parcel",
        ),
        sa.Column("claimed_m2", sa.Numeric(precision=14, scale=2), nullable=True),
        sa.Column("accepted_m2", sa.Numeric(precision=14, scale=2), nullable=True),
        sa.CheckConstraint("accepted_m2 >= 0", name=op.f("ck_case_parcel_accepted_not_negative")),
        sa.CheckConstraint("claimed_m2 > 0", name=op.f("ck_case_parcel_claimed_positive")),
        sa.ForeignKeyConstraint(["case_id"], ["remediation_case.id"], name=op.f("fk_case_parcel_case_id")),
        sa.ForeignKeyConstraint(["parcel_id"], ["parcel.id"], name=op.f("fk_case_parcel_parcel_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_parcel")),
    )
    op.create_index("ix_case_parcel_parcel", "case_parcel", ["parcel_id"], unique=False)
    op.create_index("uq_case_parcel", "case_parcel", ["county_code", "case_id", "parcel_id"], unique=True)
    op.create_table(
        "classification_run",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("county_code", sa.String(length=6), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("data_year", sa.Integer(), nullable=False),
        sa.Column("rule_version", sa.Text(), nullable=False),
        sa.Column("counts", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("input_hash", sa.String(length=64), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["rule_version"], ["rule_version.id"], name=op.f("fk_classification_run_rule_version")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_classification_run")),
    )
    op.create_index(op.f("ix_classification_run_county_code_id"), "classification_run", ["county_code", "id"], unique=False)
    op.create_table(
        "determination",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("county_code", sa.String(length=6), nullable=False),
        sa.Column("parcel_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, comment="inefficient 低效认定 | idle 闲置认定"),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("decided_on", sa.Date(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.Column("verdict_id", sa.BigInteger(), nullable=True),
        sa.Column("revoked_on", sa.Date(), nullable=True),
        sa.Column("revoked_document", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.CheckConstraint("kind IN ('inefficient','idle')", name=op.f("ck_determination_kind")),
        sa.ForeignKeyConstraint(["parcel_id"], ["parcel.id"], name=op.f("fk_determination_parcel_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_determination")),
    )
    op.create_index("uq_determination_document", "determination", ["county_code", "parcel_id", "kind", "document"], unique=True)
    op.create_table(
        "enterprise_grade",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("county_code", sa.String(length=6), nullable=False),
        sa.Column("enterprise_id", sa.BigInteger(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("population", sa.Text(), nullable=True, comment="above_scale|below_scale_ge3mu|below_scale_lt3mu|tenant"),
        sa.Column("grade", sa.Text(), nullable=False),
        sa.Column("published_on", sa.Date(), nullable=True),
        sa.Column("document", sa.Text(), nullable=True),
        sa.Column("import_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["enterprise_id"], ["enterprise.id"], name=op.f("fk_enterprise_grade_enterprise_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enterprise_grade")),
    )
    op.create_index("uq_enterprise_grade_year", "enterprise_grade", ["county_code", "enterprise_id", "year"], unique=True)
    op.create_table(
        "enterprise_indicator",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("county_code", sa.String(length=6), nullable=False),
        sa.Column("enterprise_id", sa.BigInteger(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("tax_wan", sa.Numeric(precision=16, scale=4), nullable=True, comment="税收实际贡献 万元"),
        sa.Column("value_added_wan", sa.Numeric(precision=16, scale=4), nullable=True),
        sa.Column("revenue_wan", sa.Numeric(precision=16, scale=4), nullable=True),
        sa.Column("energy_tce", sa.Numeric(precision=16, scale=4), nullable=True),
        sa.Column("electricity_wan_kwh", sa.Numeric(precision=16, scale=4), nullable=True),
        sa.Column("staff", sa.Numeric(precision=16, scale=4), nullable=True),
        sa.Column("rd_wan", sa.Numeric(precision=16, scale=4), nullable=True),
        sa.Column("emission_t", sa.Numeric(precision=16, scale=4), nullable=True),
        sa.Column("source_department", sa.Text(), nullable=True),
        sa.Column("data_on", sa.Date(), nullable=True),
        sa.Column("import_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["enterprise_id"], ["enterprise.id"], name=op.f("fk_enterprise_indicator_enterprise_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enterprise_indicator")),
    )
    op.create_index("uq_enterprise_indicator_year", "enterprise_indicator", ["county_code", "enterprise_id", "year"], unique=True)
    op.create_table(
        "enterprise_name",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("county_code", sa.String(length=6), nullable=False),
        sa.Column("enterprise_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("seen_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["enterprise_id"], ["enterprise.id"], name=op.f("fk_enterprise_name_enterprise_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enterprise_name")),
    )
    op.create_index("uq_enterprise_name", "enterprise_name", ["county_code", "enterprise_id", "name"], unique=True)
    op.create_table(
        "evidence",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("county_code", sa.String(length=6), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("filename", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), server_default=sa.text("'photo'"), nullable=False),
        sa.Column("lon", sa.Numeric(precision=10, scale=7), nullable=True),
        sa.Column("lat", sa.Numeric(precision=10, scale=7), nullable=True),
        sa.Column("coord_source", sa.Text(), nullable=True, comment="exif | device_gcj02 | drawn | null = none; absence is no fault"),
        sa.Column("uploaded_by", sa.Integer(), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["remediation_case.id"], name=op.f("fk_evidence_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence")),
    )
    op.create_index("uq_evidence_case_sha", "evidence", ["county_code", "case_id", "sha256"], unique=True)
    op.create_table(
        "import_issue",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("county_code", sa.String(length=6), nullable=False),
        sa.Column("import_id", sa.BigInteger(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("layer", sa.Text(), nullable=True),
        sa.Column("row_no", sa.Integer(), nullable=True),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), nullable=True),
        sa.Column("value", sa.Text(), nullable=True),
        sa.Column("hint", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["import_id"], ["import_job.id"], name=op.f("fk_import_issue_import_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_issue")),
    )
    op.create_index(op.f("ix_import_issue_import_id_code"), "import_issue", ["import_id", "code"], unique=False)
    op.create_geospatial_table(
        "ledger_ground",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("county_code", sa.String(length=6), nullable=False),
        sa.Column("measure_key", sa.Text(), nullable=False),
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=True),
        sa.Column("opening_key", sa.Text(), nullable=True, comment="期初台账 row this ground came from"),
        sa.Column("parcel_id", sa.BigInteger(), nullable=True),
        sa.Column("responsible_body", sa.String(length=9), nullable=False),
        sa.Column("accepted_on", sa.Date(), nullable=False),
        sa.Column("accepted_m2", sa.Numeric(precision=14, scale=2), nullable=False, comment="核定面积"),
        sa.Column("ground_m2", sa.Numeric(precision=18, scale=6), nullable=False, comment="area of plane: n × 5·10⁻⁷ m² on the 1 mm grid"),
        sa.Column("is_standing", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column(
            "plane",
            Geometry(dimension=2, spatial_index=False, from_text="ST_GeomFromEWKT", name="geometry", nullable=False),
            nullable=False,
            comment="in the county's meridian, metres, 1 mm grid",
        ),
        sa.ForeignKeyConstraint(["case_id"], ["remediation_case.id"], name=op.f("fk_ledger_ground_case_id")),
        sa.ForeignKeyConstraint(["parcel_id"], ["parcel.id"], name=op.f("fk_ledger_ground_parcel_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_ground")),
    )
    op.create_index(op.f("ix_ledger_ground_case_id"), "ledger_ground", ["case_id"], unique=False)
    op.create_index(
        op.f("ix_ledger_ground_county_code_measure_key_campaign_is_standing"),
        "ledger_ground",
        ["county_code", "measure_key", "campaign", "is_standing"],
        unique=False,
    )
    op.create_geospatial_index(
        "ix_ledger_ground_plane", "ledger_ground", ["plane"], unique=False, postgresql_using="gist", postgresql_ops={}
    )
    op.create_table(
        "list_membership",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("county_code", sa.String(length=6), nullable=False),
        sa.Column(
            "list_kind",
            sa.Text(),
            nullable=False,
            comment="high_consumption_low_efficiency|scattered_disordered_polluting|obsolete_capacity",
        ),
        sa.Column("enterprise_id", sa.BigInteger(), nullable=False),
        sa.Column("entered_on", sa.Date(), nullable=True),
        sa.Column("basis", sa.Text(), nullable=True),
        sa.Column("exit_on", sa.Date(), nullable=True),
        sa.Column("import_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["enterprise_id"], ["enterprise.id"], name=op.f("fk_list_membership_enterprise_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_list_membership")),
    )
    op.create_index("ix_list_membership_enterprise", "list_membership", ["county_code", "enterprise_id"], unique=False)
    op.create_table(
        "occupancy",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("county_code", sa.String(length=6), nullable=False),
        sa.Column("enterprise_id", sa.BigInteger(), nullable=False),
        sa.Column("parcel_id", sa.BigInteger(), nullable=False),
        sa.Column("relation", sa.Text(), nullable=False),
        sa.Column("area_m2", sa.Numeric(precision=14, scale=2), nullable=True),
        sa.Column("counterparty_uscc", sa.String(length=18), nullable=True),
        sa.Column("start_on", sa.Date(), nullable=True),
        sa.Column("end_on", sa.Date(), nullable=True),
        sa.Column("data_on", sa.Date(), nullable=True),
        sa.Column("import_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("relation IN ('own','rent_in','rent_out')", name=op.f("ck_occupancy_relation")),
        sa.ForeignKeyConstraint(["enterprise_id"], ["enterprise.id"], name=op.f("fk_occupancy_enterprise_id")),
        sa.ForeignKeyConstraint(["parcel_id"], ["parcel.id"], name=op.f("fk_occupancy_parcel_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_occupancy")),
    )
    op.create_index(op.f("ix_occupancy_county_code_enterprise_id"), "occupancy", ["county_code", "enterprise_id"], unique=False)
    op.create_index(op.f("ix_occupancy_parcel_id"), "occupancy", ["parcel_id"], unique=False)
    op.create_table(
        "parcel_alias",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("county_code", sa.String(length=6), nullable=False),
        sa.Column("parcel_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, comment="cadastral | unit | electronic | legacy"),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["parcel_id"], ["parcel.id"], name=op.f("fk_parcel_alias_parcel_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_parcel_alias")),
    )
    op.create_index(op.f("ix_parcel_alias_county_code_kind_value"), "parcel_alias", ["county_code", "kind", "value"], unique=False)
    op.create_index(op.f("ix_parcel_alias_parcel_id"), "parcel_alias", ["parcel_id"], unique=False)
    op.create_table(
        "parcel_lineage",
        sa.Column("county_code", sa.String(length=6), nullable=False),
        sa.Column("parent_id", sa.BigInteger(), nullable=False),
        sa.Column("child_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, comment="split | merge"),
        sa.Column("happened_on", sa.Date(), nullable=False),
        sa.Column("share", sa.Numeric(precision=6, scale=4), nullable=False),
        sa.Column("import_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["child_id"], ["parcel.id"], name=op.f("fk_parcel_lineage_child_id")),
        sa.ForeignKeyConstraint(["parent_id"], ["parcel.id"], name=op.f("fk_parcel_lineage_parent_id")),
        sa.PrimaryKeyConstraint("county_code", "parent_id", "child_id", name=op.f("pk_parcel_lineage")),
    )
    op.create_table(
        "parcel_overlay",
        sa.Column("county_code", sa.String(length=6), nullable=False),
        sa.Column("parcel_id", sa.BigInteger(), nullable=False),
        sa.Column("layer_id", sa.BigInteger(), nullable=False),
        sa.Column("ratio", sa.Numeric(precision=7, scale=6), nullable=False),
        sa.Column("area_m2", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.ForeignKeyConstraint(["layer_id"], ["planning_layer.id"], name=op.f("fk_parcel_overlay_layer_id")),
        sa.ForeignKeyConstraint(["parcel_id"], ["parcel.id"], name=op.f("fk_parcel_overlay_parcel_id")),
        sa.PrimaryKeyConstraint("county_code", "parcel_id", "layer_id", name=op.f("pk_parcel_overlay")),
    )
    op.create_index(op.f("ix_parcel_overlay_layer_id"), "parcel_overlay", ["layer_id"], unique=False)
    op.create_geospatial_table(
        "parcel_version",
        sa.Column("version_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("county_code", sa.String(length=6), nullable=False),
        sa.Column("parcel_id", sa.BigInteger(), nullable=False),
        sa.Column("valid", postgresql.DATERANGE(), nullable=False),
        sa.Column("recorded", postgresql.TSTZRANGE(), server_default=sa.text("tstzrange(now(), NULL)"), nullable=False),
        sa.Column("valid_from", sa.Date(), sa.Computed("lower(valid)", persisted=True), nullable=False),
        sa.Column("is_current", sa.Boolean(), sa.Computed("upper_inf(valid) AND upper_inf(recorded)", persisted=True), nullable=False),
        sa.Column(
            "geom",
            Geometry(
                geometry_type="MULTIPOLYGON",
                srid=4490,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.Column("cadastral_code", sa.String(length=19), nullable=True, comment="宗地代码"),
        sa.Column("unit_code", sa.String(length=28), nullable=True, comment="不动产单元号"),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("location", sa.Text(), nullable=True, comment="坐落"),
        sa.Column("town_code", sa.String(length=9), nullable=False, comment="by geometry: largest share of area; suffix 000 = unassigned"),
        sa.Column("town_claimed", sa.String(length=9), nullable=True, comment="乡镇代码 as delivered"),
        sa.Column("responsible_body", sa.String(length=9), nullable=False),
        sa.Column("block_code", sa.Text(), nullable=True),
        sa.Column("ownership", sa.String(length=1), nullable=True, comment="G 国家 | J 集体 | Z 未确定"),
        sa.Column("legality", sa.Text(), nullable=True, comment="certified | approved_uncertified | unlawful"),
        sa.Column("land_use_code", sa.Text(), nullable=True),
        sa.Column("area_registered_m2", sa.Numeric(precision=14, scale=2), nullable=True, comment="证载面积"),
        sa.Column("area_contract_m2", sa.Numeric(precision=14, scale=2), nullable=True, comment="批准(合同)面积"),
        sa.Column("area_planar_m2", sa.Numeric(precision=14, scale=2), nullable=False, comment="图形面积, county's one meridian"),
        sa.Column("area_geodesic_m2", sa.Numeric(precision=14, scale=2), nullable=False, comment="椭球面积, GRS80"),
        sa.Column("import_id", sa.BigInteger(), nullable=True),
        sa.Column("source_row", sa.Integer(), nullable=True),
        sa.CheckConstraint("legality IN ('certified','approved_uncertified','unlawful')", name=op.f("ck_parcel_version_legality")),
        sa.CheckConstraint("ownership IN ('G','J','Z')", name=op.f("ck_parcel_version_ownership")),
        sa.CheckConstraint("area_planar_m2 > 0 AND area_geodesic_m2 > 0", name=op.f("ck_parcel_version_area_positive")),
        sa.ForeignKeyConstraint(["parcel_id"], ["parcel.id"], name=op.f("fk_parcel_version_parcel_id")),
        sa.PrimaryKeyConstraint("version_id", name=op.f("pk_parcel_version")),
    )
    op.create_index(op.f("ix_parcel_version_county_code_cadastral_code"), "parcel_version", ["county_code", "cadastral_code"], unique=False)
    op.create_geospatial_index(
        "ix_parcel_version_geom", "parcel_version", ["geom"], unique=False, postgresql_using="gist", postgresql_ops={}
    )
    op.create_index("ix_parcel_version_parcel", "parcel_version", ["parcel_id"], unique=False)
    op.create_index(
        "uq_parcel_version_current", "parcel_version", ["county_code", "parcel_id"], unique=True, postgresql_where=sa.text("is_current")
    )
    op.create_index(
        "uq_parcel_version_from",
        "parcel_version",
        ["county_code", "parcel_id", "valid_from"],
        unique=True,
        postgresql_where=sa.text("upper_inf(recorded)"),
    )
    op.create_geospatial_table(
        "planning_zone",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("county_code", sa.String(length=6), nullable=False),
        sa.Column("layer_id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("level", sa.Text(), nullable=True),
        sa.Column("area_planar_m2", sa.Numeric(precision=16, scale=2), nullable=False),
        sa.Column(
            "geom",
            Geometry(
                geometry_type="MULTIPOLYGON",
                srid=4490,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["layer_id"], ["planning_layer.id"], name=op.f("fk_planning_zone_layer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_planning_zone")),
    )
    op.create_geospatial_index(
        "idx_planning_zone_geom", "planning_zone", ["geom"], unique=False, postgresql_using="gist", postgresql_ops={}
    )
    op.create_index("uq_planning_zone_layer_code", "planning_zone", ["county_code", "layer_id", "code"], unique=True)
    op.create_table(
        "supply_contract",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("county_code", sa.String(length=6), nullable=False),
        sa.Column("parcel_id", sa.BigInteger(), nullable=False),
        sa.Column("electronic_no", sa.Text(), nullable=False, comment="电子监管号"),
        sa.Column("supply_mode", sa.Text(), nullable=True, comment="standard_land|listed_grant|agreed_grant|allocation|lease|historic"),
        sa.Column("signed_on", sa.Date(), nullable=True),
        sa.Column("price_wan", sa.Numeric(precision=14, scale=2), nullable=True, comment="出让价款 万元"),
        sa.Column("agreed_start_on", sa.Date(), nullable=True),
        sa.Column("agreed_complete_on", sa.Date(), nullable=True),
        sa.Column("delivered_on", sa.Date(), nullable=True, comment="实际交地, 令53 Art. 22"),
        sa.Column("permit_on", sa.Date(), nullable=True),
        sa.Column("started", sa.Boolean(), nullable=True, comment="动工开发 (令53 Art. 30), recorded"),
        sa.Column("actual_start_on", sa.Date(), nullable=True),
        sa.Column("should_area_m2", sa.Numeric(precision=14, scale=2), nullable=True, comment="应动工开发建设用地总面积"),
        sa.Column("developed_area_m2", sa.Numeric(precision=14, scale=2), nullable=True),
        sa.Column("total_investment_wan", sa.Numeric(precision=14, scale=2), nullable=True),
        sa.Column("invested_wan", sa.Numeric(precision=14, scale=2), nullable=True),
        sa.Column("is_suspended", sa.Boolean(), nullable=True),
        sa.Column("suspended_from", sa.Date(), nullable=True),
        sa.Column("cause", sa.Text(), nullable=True, comment="holder|government|force_majeure|unverified"),
        sa.Column("cause_document", sa.Text(), nullable=True, comment="原因核实文号; without it the cause counts as unverified"),
        sa.Column("transferred_on", sa.Date(), nullable=True),
        sa.Column("obligations_assumed", sa.Boolean(), nullable=True),
        sa.Column("data_on", sa.Date(), nullable=True),
        sa.Column("import_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("cause IN ('holder','government','force_majeure','unverified')", name=op.f("ck_supply_contract_cause")),
        sa.ForeignKeyConstraint(["parcel_id"], ["parcel.id"], name=op.f("fk_supply_contract_parcel_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supply_contract")),
    )
    op.create_index("ix_supply_contract_parcel", "supply_contract", ["parcel_id"], unique=False)
    op.create_index("uq_supply_contract_county_electronic_no", "supply_contract", ["county_code", "electronic_no"], unique=True)
    op.create_table(
        "verdict",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("county_code", sa.String(length=6), nullable=False),
        sa.Column("parcel_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("criteria_true", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("criteria_unknown", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column(
            "detail",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
            comment="idle: limb … dates; standard_land: status, gates",
        ),
        sa.Column(
            "inputs",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
            comment="values and data dates the rules used",
        ),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("rule_version", sa.Text(), nullable=False),
        sa.Column("from_run", sa.BigInteger(), nullable=False),
        sa.Column("to_run", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("kind IN ('inefficient','idle','standard_land')", name=op.f("ck_verdict_kind")),
        sa.ForeignKeyConstraint(["parcel_id"], ["parcel.id"], name=op.f("fk_verdict_parcel_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_verdict")),
    )
    op.create_index("ix_verdict_parcel", "verdict", ["parcel_id", "kind"], unique=False)
    op.create_index(
        "uq_verdict_standing", "verdict", ["county_code", "parcel_id", "kind"], unique=True, postgresql_where=sa.text("to_run IS NULL")
    )
    op.create_geospatial_table(
        "ledger_posting",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("county_code", sa.String(length=6), nullable=False),
        sa.Column("measure_key", sa.Text(), nullable=False),
        sa.Column("campaign", sa.Text(), nullable=False),
        sa.Column("responsible_body", sa.String(length=9), nullable=False),
        sa.Column("method", sa.Text(), nullable=True),
        sa.Column(
            "kind", sa.Text(), nullable=False, comment="acceptance 入账 | opening 期初结转 | reversal 核减 | repost 转记 | mapping 补图"
        ),
        sa.Column("posted_on", sa.Date(), nullable=False, comment="day it counts: 验收日期, or the day of the reversal"),
        sa.Column("case_id", sa.BigInteger(), nullable=True),
        sa.Column("ground_id", sa.BigInteger(), nullable=True),
        sa.Column("opening_key", sa.Text(), nullable=True),
        sa.Column("project_code", sa.Text(), nullable=True),
        sa.Column("project_name", sa.Text(), nullable=True),
        sa.Column("parcel_id", sa.BigInteger(), nullable=True),
        sa.Column("counted_m2", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column(
            "ground_m2",
            sa.Numeric(precision=18, scale=6),
            server_default=sa.text("0"),
            nullable=False,
            comment="at 4 decimals Σ of 1,000 is off by 10⁻³",
        ),
        sa.Column("geometry_status", sa.Text(), nullable=False, comment="mapped | unmapped 未上图"),
        sa.Column("reverses_id", sa.BigInteger(), nullable=True),
        sa.Column("firms", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("document", sa.Text(), nullable=True),
        sa.Column("posted_by", sa.Text(), nullable=False),
        sa.Column("import_id", sa.BigInteger(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column(
            "geom",
            Geometry(
                geometry_type="MULTIPOLYGON", srid=4490, dimension=2, spatial_index=False, from_text="ST_GeomFromEWKT", name="geometry"
            ),
            nullable=True,
            comment="the new ground of this posting",
        ),
        sa.CheckConstraint("geometry_status IN ('mapped','unmapped')", name=op.f("ck_ledger_posting_geometry_status")),
        sa.CheckConstraint("kind IN ('acceptance','opening','reversal','repost','mapping')", name=op.f("ck_ledger_posting_kind")),
        sa.ForeignKeyConstraint(["case_id"], ["remediation_case.id"], name=op.f("fk_ledger_posting_case_id")),
        sa.ForeignKeyConstraint(["ground_id"], ["ledger_ground.id"], name=op.f("fk_ledger_posting_ground_id")),
        sa.ForeignKeyConstraint(["parcel_id"], ["parcel.id"], name=op.f("fk_ledger_posting_parcel_id")),
        sa.ForeignKeyConstraint(["reverses_id"], ["ledger_posting.id"], name=op.f("fk_ledger_posting_reverses_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_posting")),
    )
    op.create_index("ix_ledger_posting_case", "ledger_posting", ["case_id"], unique=False)
    op.create_geospatial_index(
        "ix_ledger_posting_geom", "ledger_posting", ["geom"], unique=False, postgresql_using="gist", postgresql_ops={}
    )
    op.create_index("ix_ledger_posting_ground", "ledger_posting", ["ground_id"], unique=False)
    op.create_index("ix_ledger_posting_measure", "ledger_posting", ["county_code", "measure_key", "campaign", "posted_on"], unique=False)
    op.create_index("ix_ledger_posting_opening", "ledger_posting", ["county_code", "opening_key"], unique=False)
    op.create_index("ix_ledger_posting_parcel", "ledger_posting", ["parcel_id"], unique=False)
    op.create_index("ix_ledger_posting_reverses", "ledger_posting", ["reverses_id"], unique=False)
    op.create_table(
        "standard_land_indicator",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("county_code", sa.String(length=6), nullable=False),
        sa.Column("contract_id", sa.BigInteger(), nullable=False),
        sa.Column("indicator", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=True),
        sa.Column("comparator", sa.Text(), nullable=False),
        sa.Column("promised", sa.Numeric(precision=16, scale=4), nullable=True),
        sa.Column("gate", sa.Text(), nullable=False, comment="completion 竣工 | capacity 达产"),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("actual", sa.Numeric(precision=16, scale=4), nullable=True),
        sa.Column("accepted_on", sa.Date(), nullable=True),
        sa.Column("document", sa.Text(), nullable=True),
        sa.Column("import_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("comparator IN ('>=','<=')", name=op.f("ck_standard_land_indicator_comparator")),
        sa.CheckConstraint("gate IN ('completion','capacity')", name=op.f("ck_standard_land_indicator_gate")),
        sa.ForeignKeyConstraint(["contract_id"], ["supply_contract.id"], name=op.f("fk_standard_land_indicator_contract_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_standard_land_indicator")),
    )
    op.create_index(
        "uq_standard_land_indicator", "standard_land_indicator", ["county_code", "contract_id", "gate", "indicator"], unique=True
    )
    op.create_table(
        "supply_supplement",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("county_code", sa.String(length=6), nullable=False),
        sa.Column("contract_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("signed_on", sa.Date(), nullable=True),
        sa.Column("new_start_on", sa.Date(), nullable=True),
        sa.Column("new_complete_on", sa.Date(), nullable=True),
        sa.Column("document", sa.Text(), nullable=True),
        sa.Column("import_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["contract_id"], ["supply_contract.id"], name=op.f("fk_supply_supplement_contract_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supply_supplement")),
    )
    op.create_index("uq_supply_supplement_contract_number", "supply_supplement", ["county_code", "contract_id", "number"], unique=True)


def downgrade() -> None:
    raise NotImplementedError("migrations go forward; restore a backup to go back")
