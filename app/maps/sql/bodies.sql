SELECT code, name, kind
FROM responsible_body
WHERE county_code = $1
ORDER BY sort, code
