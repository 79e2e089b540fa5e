-- Whether the county's administrator has switched GCJ-02 and BD-09 on.
SELECT is_enabled FROM shifted_crs WHERE county_code = $1
