-- First day of which the register tells a parcel, as it is known now; from the index of uq_parcel_version_from alone. $1 county.
SELECT min(v.valid_from)
FROM parcel_version v
WHERE v.county_code = $1
  AND upper_inf(v.recorded)
