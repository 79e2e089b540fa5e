"""Shape of a policy pack 政策包: every field checked on load, unknown fields refused, errors name the field."""

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

Comparator = Literal[">=", "<=", ">", "<", "="]
TargetKind = Literal[
    "cumulative", "annual", "annual_average", "level", "annual_level", "ratio_continuous", "annual_ratio", "decline_rate_cumulative",
    "decline_rate_external", "decline_rate_vs_baseline", "growth_vs_baseline", "growth_rate_annual_avg", "rule_threshold", "non_decrease",
]  # fmt: skip
Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
Colour = Annotated[str, Field(pattern=r"^#[0-9a-f]{6}$")]
BodyCode = Annotated[str, Field(pattern=r"^\d{9}$")]


def _fraction(text: str) -> str:
    if not 0 < Fraction(text) < 1:
        raise ValueError("应为 0 与 1 之间的分数")
    return text


FractionText = Annotated[str, AfterValidator(_fraction)]


class Part(BaseModel):
    """Base of all parts: immutable, no unknown fields."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Period(Part):
    """计划期, both days included."""

    start: date
    end: date

    @model_validator(mode="before")
    @classmethod
    def _pair(cls, value: Any) -> Any:
        return {"start": value[0], "end": value[1]} if isinstance(value, list) and len(value) == 2 else value

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.start > self.end:
            raise ValueError("起始日期晚于截止日期")
        return self

    def covers(self, day: date) -> bool:
        """Whether the day lies in the period."""
        return self.start <= day <= self.end


class Document(Part):
    """政策文件 that a pack is written from."""

    title: str
    number: str
    normative_number: str | None = None
    issuer: str
    made_on: date
    published_on: date
    period: Period
    status: Literal["draft", "valid", "expired"]
    source: str


class Rule(Part):
    """低效(初判) criterion: a CQL2 expression over the facts, with the text that supports it."""

    id: Annotated[str, Field(pattern=r"^[A-Z]\d+$")]
    name: str
    expr: str
    clause: str
    clause_kind: Literal["supports", "county"]
    threshold_note: str
    severity: Literal["high", "medium", "low"]


class Idle(Part):
    """疑似闲置 parameters of 令第53号; the decision itself is classification's pure rule."""

    document: str
    effective_from: date
    start_after_delivery_years: int
    first_years: int
    second_years: int
    elapsed_cmp: Comparator
    area_fraction: FractionText
    area_cmp: Comparator
    invest_fraction: FractionText
    invest_cmp: Comparator
    suspended_years: int
    suspended_cmp: Comparator
    fee_rate: Decimal
    collective_note: str
    menus: dict[Literal["limb_2_2", "government", "force_majeure", "holder_first", "holder_second", "unverified"], str]

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if len(self.menus) != 6:
            raise ValueError("menus 缺少情形")
        return self

    @property
    def area_share(self) -> Fraction:
        """不足三分之一 as an exact fraction."""
        return Fraction(self.area_fraction)

    @property
    def invest_share(self) -> Fraction:
        """不足百分之二十五 as an exact fraction."""
        return Fraction(self.invest_fraction)


class Gate(Part):
    """标准地 gate 节点: 竣工 or 达产."""

    code: Literal["completion", "capacity"]
    label: str
    status_due: str
    overdue_cmp: Comparator
    raises: list[str]


class Indicator(Part):
    """标准地 control indicator with its usual gate; the contract's own terms win."""

    code: Code
    label: str
    unit: str
    cmp: Literal[">=", "<="]
    gate: Literal["completion", "capacity"]


class StandardLand(Part):
    """标准地 rule parameters."""

    document: str
    clause: str
    supply_mode: Code
    gates: list[Gate]
    indicators: list[Indicator]


class Labelled(Part):
    """A code with its Chinese label."""

    code: Code
    label: str


class Coloured(Labelled):
    """A legend entry 图例."""

    colour: Colour
    style: str | None = None


class Grades(Part):
    """亩均评价 grade set by population 评价群体."""

    document: str
    classes: list[str]
    not_evaluated: str
    colours: dict[str, Colour]
    labels: dict[str, str]
    populations: list[Labelled]


class Band(Labelled):
    """亩均税收档; `upper` is inclusive, the last band has none."""

    upper: Decimal | None = None


class Measure(Part):
    """口径 measure of land: owner department and the methods that count; measures are never summed together."""

    key: Code
    label: str
    unit: str
    owner: Code
    co_owners: list[Code] = []
    target: str | None = None
    counts_when: str
    area: str
    methods: list[Code]
    count_date: Code
    is_assumption: bool
    assumption: str | None = None


class Campaign(Labelled):
    """攻坚行动 within which the same ground counts once."""

    code: str
    period: Period
    is_current: bool = False


class CalibreSet(Labelled):
    """统计口径: all responsible bodies except the named."""

    excluded: list[BodyCode] = Field(default_factory=list, alias="except")
    note: str | None = None

    def includes(self, body: str | None) -> bool:
        """Whether a responsible body belongs to this calibre (unassigned parcels do)."""
        return body not in self.excluded


class Calibres(Part):
    """The county's calibres and the one its board opens with."""

    default: Code
    sets: list[CalibreSet]


class AllocationRow(Part):
    """任务分解 of one responsible body; an own goal above the task is 自加压 and not part of the sum."""

    body: BodyCode
    name: str
    value: Decimal
    own_goal: Decimal | None = None
    own_goal_note: str | None = None


class Allocation(Part):
    """任务分解 of one target: rows plus the explicit 加压/预留 row sum to it."""

    target: str
    unit: str
    note: str | None = None
    stretch: Decimal
    stretch_label: str
    rows: list[AllocationRow]

    @property
    def total(self) -> Decimal:
        """Σ rows + 加压/预留."""
        return sum((row.value for row in self.rows), self.stretch)


class Ranking(Part):
    """赛马晾晒: how many at the bottom are named."""

    bottom_n: int


class Department(Part):
    """部门."""

    code: Code
    name: str
    duty: str | None = None


class Category(Labelled):
    """治理类别 with the family used for comparison between counties."""

    subject: Literal["enterprise", "block"]
    family: Literal["UPGRADE", "REBUILD", "CHANGE_USE", "EXIT", "REGULATE", "PRIORITY"]


class ListKind(Labelled):
    """清单 and the department that decides it."""

    decides: Code


class Who(Part):
    """One line of 谁能办: role, optionally its departments, and how far it reaches."""

    role: Literal["planner", "officer", "acceptor", "reviewer", "leader", "admin"]
    departments: list[Code] | None = None
    scope: Literal["body", "county"]

    def allows(self, role: str, department: str | None, *, is_own_body: bool) -> bool:
        """Whether a person of this role and department may, for a case of his own body or another's."""
        if role != self.role or (self.scope == "body" and not is_own_body):
            return False
        return self.departments is None or department in self.departments


class Step(Part):
    """办理步骤: who may take it, who may not because of an earlier step, and what must be given."""

    name: Code
    label: str
    matter: Literal["remediation", "determination"] = "remediation"
    who: list[Who]
    not_same_as: list[Code] = []
    needs: list[Literal["reason", "document", "deadline", "category", "evidence", "claimed_area", "accepted_area", "opinion"]] = []

    def allows(self, role: str, department: str | None, *, is_own_body: bool) -> bool:
        """Whether any line fits; `not_same_as` is for the caller, who knows the case's history."""
        return any(line.allows(role, department, is_own_body=is_own_body) for line in self.who)


class Target(Part):
    """目标: one row a clause; `kind` decides the arithmetic; a null value comes from a higher level."""

    id: Annotated[str, Field(pattern=r"^[A-Z]{2}-\d{3}$")]
    indicator: str
    key: Code
    unit: str
    cmp: Literal[">=", "<=", "=", ">", "<", "约"]
    value: Decimal | None = None
    period: Period
    kind: TargetKind
    scope: Literal["L", "E", "X"]
    quote: str
    note: str | None = None
    lead: list[Code] = []
    calibre: Code | None = None
    baseline_year: int | None = None
    baseline_value: Decimal | None = None


class PackContent(Part):
    """政策包 as written, after its base has been merged in."""

    id: Annotated[str, Field(pattern=r"^\d{6}-[a-z0-9-]+$")]
    base: str | None = None
    county_code: Annotated[str, Field(pattern=r"^\d{6}$")]
    name: str
    freshness_years: int
    document: Document
    rules: list[Rule]
    idle: Idle
    standard_land: StandardLand
    grades: Grades
    tax_bands: list[Band]
    methods: list[Labelled]
    measures: list[Measure]
    campaigns: list[Campaign]
    calibres: Calibres
    allocations: list[Allocation]
    ranking: Ranking
    departments: list[Department]
    categories: list[Category]
    lists: list[ListKind]
    steps: list[Step]
    classes: list[Coloured]
    lines: list[Coloured]
    case_states: list[Coloured]
    labels: dict[str, dict[str, str]]
    targets: list[Target]
