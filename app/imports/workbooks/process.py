"""`python -m app.imports.workbooks.process COUNTY ID NUMBER OUT`: marks a workbook in a process of its own; says its name, or a refusal."""

import asyncio
import json
import os
import sys
from pathlib import Path

from app.core import db, logs
from app.core.errors import Problem
from app.imports.workbooks.giving_back import give_back


async def main(county: str, import_id: int, number: int, out: Path) -> int:
    """0 when the last line says what became of it."""
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as says:
        os.dup2(2, 1)
        logs.configure()
        try:
            name, content = await give_back(county, import_id, number)
            out.write_bytes(content)
            said = {"name": name}
        except Problem as problem:
            said = {"code": problem.code, "detail": problem.detail, "hint": problem.hint or ""}
        finally:
            await db.dispose()
        says.write(json.dumps(said, ensure_ascii=False) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]))))
