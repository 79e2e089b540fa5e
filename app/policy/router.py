"""GET /api/policy: the pack in force for the caller's county; reading only."""

from typing import Any

from fastapi import APIRouter

from app.accounts.deps import Signed
from app.core import clock
from app.policy.loader import pack_for
from app.policy.views import pack_view, targets_view

router = APIRouter(prefix="/api/policy", tags=["policy"])


@router.get("")
async def read_policy(principal: Signed) -> dict[str, Any]:
    """政策包: document, rules with thresholds and clause, measures, allocations, targets."""
    return pack_view(pack_for(principal.county_code, clock.today()))


@router.get("/targets")
async def read_targets(principal: Signed) -> list[dict[str, Any]]:
    """目标: the target rows of the document, quotes included."""
    return targets_view(pack_for(principal.county_code, clock.today()))
