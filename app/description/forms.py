"""Answers that domain routes write themselves: their media types and the members a client may rely on."""

import re
from typing import Any

from app.maps.described import XLSX, described_json, described_ref
from app.maps.exports.spec import FORMS

BINARY = {"type": "string", "format": "binary"}
_KINDS = {"text": {"type": "string"}, "int": {"type": "integer"}, "num": {"type": "number"}, "flag": {"type": "boolean"},
          "date": {"type": "string", "format": "date"}, "object": {"type": "object"}}  # fmt: skip


def _type(said: str) -> dict[str, Any]:
    """`text`, `num?` (may be null), `[Row]` (a list), `Row` (another schema)."""
    if said.endswith("?"):
        inner = _type(said[:-1])
        return {"allOf": [inner], "nullable": True} if "$ref" in inner else {**inner, "nullable": True}
    if said.startswith("["):
        return {"type": "array", "items": _type(said[1:-1])}
    return _KINDS.get(said) or described_ref(said)


def members(text: str) -> dict[str, Any]:
    """An object that always has these members: `name type, name type, …`; more may follow."""
    said = dict(part.strip().rsplit(" ", 1) for part in text.split(","))
    return {"type": "object", "required": list(said), "properties": {name: _type(kind) for name, kind in said.items()}}


SCHEMAS: dict[str, Any] = {
    "ProblemKind": members("code text, status int?, title text"),
    "Run": members("id int, as_of date, data_year int, rule_version text, counts object, input_hash text, finished_at text"),
    "Runs": {"type": "array", "items": described_ref("Run")},
    "Calibre": members("code text, label text"),
    "Figures": members("n_parcels int, mu num?"),
    "Summary": members(
        "as_of date, data_year int, run_id int, rule_version text, calibre Calibre, scope_body text?, denominator Figures,"
        " inefficient Figures, not_inefficient Figures, unknown Figures"
    ),
    "JudgedParcel": members("land_code text, href text"),
    "JudgedParcels": members("as_of date, run_id int, calibre Calibre, total Figures, items [JudgedParcel], links [object]"),
    "Verdict": members("kind text, label text, result text?, result_label text, criteria [object]"),
    "Verdicts": {"type": "array", "items": described_ref("Verdict")},
    "Archive": members("access text, hidden [text], parcel object"),
    "Portrait": members(
        "access text, enterprise object, indicators [object], grades [object], occupancy [object], lists [object], cases [object]"
    ),
    "Groups": members("as_of date, run_id int, group_by text, bbox text?, filters object, calibre Calibre, rows [object], total Figures"),
    "GroupParcels": members("as_of date, run_id int, calibre Calibre, total Figures, items [JudgedParcel], links [object]"),
    "Overlay": members("range object, totals object, parcels [object], uncovered object, sum_check object"),
    "Export": members(
        "id int, version int, state text, collection text, format text, asked object, file_name text, rows_done int, rows_total int?,"
        " percent int, size_bytes int?, sha256 text?, layer_version int?, facts_as_of date?, message text?, made_at text, finished_at text?"
    ),
    "Exports": members("items [Export]"),
    "Deleted": members("id int, state text"),
    "Switch": members("is_enabled flag, version int, changed_by text?, changed_at text?"),
    "Import": members(
        "id int, version int, kind text, kind_label text, state text, state_label text, supplier text?, data_on date, files [object],"
        " uploads [object], options object, questions [object], problem object?, counts object, issue_counts [object], step text?,"
        " step_label text?, rows_done int?, rows_total int?, made_at text?, made_by text?, staged_at text?, applied_at text?,"
        " applied_by text?, undone_at text?, undone_by text?, message text?, can [text]"
    ),
    "Imports": members("imports [Import], more flag"),
    "ImportQuality": members("suppliers [object]"),
    "ImportWords": members(
        "kinds [object], states object, steps object, classes object, severities object, sides object, facts object, families object,"
        " axis_orders object"
    ),
    "ImportIssue": members(
        "id int, file text, layer text?, row int?, code text, severity text, message text, field text?, value text?, hint text?,"
        " side text?, has_geometry flag"
    ),
    "ImportIssues": members("issues [ImportIssue], more flag"),
    "Differences": members("classes object, rows [object], more flag"),
    "Event": members("event text, id text, data text"),
    "Manifest": members("kind text, data_date date, supplier text?, options object, mappings object, accepted object, files [object]"),
    "Correction": members(
        "id int, version int, land_code text, field text, old_value text?, new_value text?, current_value text?, reason text,"
        " document text?, state text, state_label text, proposed_by text,"
        " field_label text, old_shown text, new_shown text, current_shown text"
    ),
    "Corrections": members("items [Correction], more flag"),
    "CorrectionFields": members("fields [CorrectionField]"),
    "CorrectionField": members("field text, label text, value text?, shown text, choices object"),
    "Words": members("county object, bodies [object], roles object, areas object, facts [object], classes object, case_states object"),
}
_FILES = {form.media: {"schema": BINARY} for form in FORMS.values()}
_PLACES = {"application/geo+json": _KINDS["object"]}
_ANSWERS = tuple(
    (re.compile(path), answer)
    for path, answer in (
        (r"/api/errors/\{code\}", described_json("ProblemKind")),
        ("/api/classification/runs", described_json("Runs")),
        ("/api/classification/summary", described_json("Summary")),
        ("/api/classification/parcels", described_json("JudgedParcels")),
        (r"/api/parcels/\{land_code\}/verdicts", described_json("Verdicts")),
        (r"/api/parcels/\{land_code\}", described_json("Archive")),
        (r"/api/enterprises/\{uscc\}", described_json("Portrait")),
        ("/api/stats", described_json("Groups")),
        ("/api/stats/parcels", described_json("GroupParcels")),
        ("/api/analysis/overlay", described_json("Overlay", **{XLSX: BINARY})),
        ("post /api/exports", {"202": described_json("Export")["200"]}),
        ("get /api/exports", described_json("Exports")),
        (r"get /api/exports/\{export_id\}", described_json("Export")),
        (r"delete /api/exports/\{export_id\}", described_json("Deleted")),
        (r"get /api/exports/\{export_id\}/file", {status: {"content": _FILES} for status in ("200", "206")}),
        ("(get|put) /api/settings/shifted-crs", described_json("Switch")),
        ("post /api/imports", {"201": described_json("Import")["200"]}),
        ("get /api/imports", described_json("Imports")),
        ("/api/imports/suppliers", described_json("ImportQuality")),
        ("/api/imports/words", described_json("ImportWords")),
        ("get /api/imports/corrections", described_json("Corrections")),
        ("post /api/imports/corrections", {"201": described_json("Correction")["200"]}),
        ("/api/imports/corrections/fields", described_json("CorrectionFields")),
        (r"/api/imports/corrections/\{correction_id\}/decision", described_json("Correction")),
        (r"/api/imports/\{import_id\}(/decisions|/cancel|/undo)?", described_json("Import")),
        (r"/api/imports/\{import_id\}/apply", {"202": described_json("Import")["200"]}),
        (r"/api/imports/\{import_id\}/issues", described_json("ImportIssues", **_PLACES, **{"text/csv": _KINDS["text"]})),
        (r"/api/imports/\{import_id\}/diff", described_json("Differences", **_PLACES)),
        (r"/api/imports/\{import_id\}/events", {"200": {"content": {"text/event-stream": {"schema": described_ref("Event")}}}}),
        (r"/api/imports/\{import_id\}/manifest", described_json("Manifest")),
        (r"/api/cases/\{case\}/evidence/\{sha256\}",
         {"200": {"content": {media: {"schema": BINARY} for media in ("image/jpeg", "image/png", "image/webp", "application/pdf")}}}),
    )
)  # fmt: skip


def answers(method: str, path: str) -> dict[str, Any]:
    """Responses of an operation that its return type does not tell."""
    return next((found for pattern, found in _ANSWERS if pattern.fullmatch(path) or pattern.fullmatch(f"{method} {path}")), {})
