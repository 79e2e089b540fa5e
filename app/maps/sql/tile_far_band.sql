CASE WHEN f.far < 0.5 THEN 'lt0.5' WHEN f.far < 1.0 THEN '0.5-1.0' WHEN f.far < 1.5 THEN '1.0-1.5' WHEN f.far < 2.0 THEN '1.5-2.0' WHEN f.far >= 2.0 THEN 'ge2.0' END
