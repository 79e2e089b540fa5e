"""Refusals of the remediation room."""

from app.core.errors import Conflict, Forbidden, Problem, TooLarge


class StepForbidden(Forbidden):
    code, status, title = "step_forbidden", 403, "无权办理此步骤"


class SamePerson(Forbidden):
    code, status, title = "same_person", 403, "申请验收与验收不能是同一人"


class StepState(Conflict):
    code, status, title = "case_step_state", 409, "当前状态不能办理此步骤"


class ParcelInOpenCase(Conflict):
    code, status, title = "parcel_in_open_case", 409, "地块已在另一个未结整治项目中"


class CaseClosed(Conflict):
    code, status, title = "case_closed", 409, "整治项目已办结"


class StepNeeds(Problem):
    code, status, title = "case_step_needs", 422, "缺少此步骤必需的内容"


class ReferenceUnknown(Problem):
    code, status, title = "case_reference_unknown", 422, "引用的地块、企业或代码不存在"


class OtherBody(Problem):
    code, status, title = "parcel_of_other_body", 422, "地块不属于该责任主体"


class AreaExceeded(Problem):
    code, status, title = "case_area_exceeded", 422, "面积超过地块面积"


class PartInvalid(Problem):
    code, status, title = "case_part_invalid", 422, "部分地块的图形不正确"


class EvidenceType(Problem):
    code, status, title = "evidence_type", 415, "佐证材料只接受 JPEG、PNG、WebP 图片和 PDF"


class EvidenceTooLarge(TooLarge):
    code, status, title = "evidence_too_large", 413, "佐证材料文件过大"
