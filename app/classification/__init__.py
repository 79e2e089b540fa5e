"""研判 classification: facts of every parcel on a day, 初判 verdicts, their explanation, and 认定 records.

Owns: parcel_fact, verdict, classification_run, rule_version, determination.
Does not own: rules and thresholds (policy), cases that follow from a verdict (remediation), the map's rows (maps).
Official sources: 国土资源部令第53号 (idle); DB33/T 2172-2018 (标准地); the county's document named by its pack.
"""
