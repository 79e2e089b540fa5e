"""Refusals of the ledger room."""

from app.core.errors import BadParameter, Conflict, NotFound, Problem


class LedgerOverlap(Conflict):
    code, status, title = "ledger_overlap", 409, "图形与已入账的腾出地块重叠"


class OpeningMapped(Conflict):
    code, status, title = "opening_already_mapped", 409, "该期初台账已上图"


class ParcelAreaExceeded(Conflict):
    code, status, title = "parcel_area_exceeded", 409, "累计腾出面积超过地块面积"


class GroundInvalid(Problem):
    code, status, title = "ledger_ground_invalid", 422, "上图图形不正确"


class OpeningUnknown(NotFound):
    code, status, title = "opening_not_found", 404, "没有该期初台账"


class TargetUnknown(NotFound):
    code, status, title = "target_not_found", 404, "没有该目标"


class CalibreUnknown(BadParameter):
    code, status, title = "calibre_unknown", 400, "没有该口径"


class MeasureUnknown(BadParameter):
    code, status, title = "measure_unknown", 400, "没有该计量口径"
