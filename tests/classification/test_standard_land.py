"""标准地 status by gates."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from app.classification.standard_land import Promise, decide
from app.policy import pack_for

AS_OF = date(2025, 9, 30)
RULE = pack_for("330282", AS_OF).content.standard_land
PAST = date(2025, 9, 29)


def promise(gate: str = "capacity", **values: Any) -> Promise:
    row = {
        "indicator": "亩均税收",
        "unit": "万元/亩",
        "comparator": ">=",
        "promised": Decimal(30),
        "due_on": date(2027, 1, 1),
        "actual": None,
    }
    return Promise(gate=gate, **(row | values))


DONE, FAILED = promise("completion", actual=Decimal(30)), promise("completion", actual=Decimal("29.99"))
OPEN, DUE = promise(), promise(due_on=PAST)
COMPLETION_DUE = promise("completion", due_on=PAST)


@pytest.mark.parametrize(
    ("promises", "status"),
    [
        ([], "performing"), ([OPEN], "performing"), ([DONE], "met"), ([DONE, OPEN], "performing"), ([FAILED, DUE], "not_met"),
        ([DONE, DUE], "capacity_due"), ([COMPLETION_DUE, DUE], "capacity_due"), ([COMPLETION_DUE, OPEN], "completion_due"),
        ([promise(due_on=AS_OF)], "performing"), ([promise(due_on=None)], "performing"),
        ([promise(comparator="<=", actual=Decimal(30))], "met"), ([promise(comparator="<=", actual=Decimal("30.01"))], "not_met"),
        ([promise(promised=None, actual=Decimal(1))], "performing"),
    ],
)  # fmt: skip
def test_status(promises: list[Promise], status: str) -> None:
    verdict = decide("standard_land", promises, transferred_on=None, rule=RULE, as_of=AS_OF)
    assert (verdict.result, verdict.status) == ("true", status)


def test_transfer_comes_first() -> None:
    assert decide("standard_land", [FAILED], transferred_on=PAST, rule=RULE, as_of=AS_OF).status == "transferred"


@pytest.mark.parametrize(("mode", "result"), [("listed_grant", "false"), ("lease", "false"), (None, "unknown")])
def test_other_supply_is_not_standard_land(mode: str | None, result: str) -> None:
    verdict = decide(mode, [DONE], transferred_on=None, rule=RULE, as_of=AS_OF)
    assert (verdict.result, verdict.status, verdict.detail()) == (result, None, {})


def test_indicators_show_promised_actual_due_result() -> None:
    shown = decide("standard_land", [DONE, DUE, FAILED, OPEN], transferred_on=None, rule=RULE, as_of=AS_OF).detail()["indicators"]
    assert [row["result"] for row in shown] == ["passed", "due", "failed", "open"]
    assert (shown[0]["promised"], shown[0]["actual"], shown[1]["due_on"]) == ("30", "30", "2025-09-29")
