"""整治项目 cases: parcels and enterprises carried from 入库 to 销号, with evidence 佐证材料 and 办理记录.

Owns the state machine, claimed 申报 and accepted 核定 areas, who applied and who accepted. Does not own what an acceptance
counts (ledger hears CaseAccepted and AcceptanceReversed) nor who may take a step (policy pack). Source: DOMAIN §3.2, PRACTICE §2, §5.
"""

from app.remediation.states import CASE_STATES, STEPS

__all__ = ["CASE_STATES", "STEPS"]
