"""Refusals of import jobs; what is wrong with a file itself is in app/imports/errors.py."""

from app.core.errors import Problem


class ImportTooLarge(Problem):
    code, status, title = "import_too_large", 413, "交付文件超过上限"


class UploadInvalid(Problem):
    code, status, title = "upload_invalid", 422, "交付文件不正确"


class ManifestMismatch(Problem):
    code, status, title = "manifest_mismatch", 422, "文件与导入清单不符"


class StepRefused(Problem):
    code, status, title = "import_step_refused", 409, "导入现在不能这样办理"
