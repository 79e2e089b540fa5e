SELECT ST_XMin(e) AS west, ST_YMin(e) AS south, ST_XMax(e) AS east, ST_YMax(e) AS north
FROM (
    SELECT coalesce(
        (SELECT box2d(geom) FROM county WHERE code = $1),
        (SELECT box2d(ST_Collect(ST_MakePoint(min((box[1])[0]), min((box[1])[1])), ST_MakePoint(max((box[0])[0]), max((box[0])[1]))))
         FROM map_parcel WHERE county_code = $1)
    ) AS e
) x
