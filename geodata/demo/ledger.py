"""期初台账: the acreage freed from 2021 to September 2025, 9,567.00 亩 to the hundredth, month by month."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.random import Generator
from shapely.geometry.base import BaseGeometry

from geodata.demo.territory import BODIES, Body
from geodata.sheets import Row

MONTHS = {  # 亩 a month; strong fourth quarters, near nothing in February, 1,380 in the last twelve months
    2021: (60, 5, 60, 70, 80, 90, 90, 95, 220, 95, 115, 170),
    2022: (95, 8, 105, 120, 135, 150, 165, 170, 312, 150, 190, 260),
    2023: (150, 12, 170, 195, 220, 240, 250, 260, 510, 240, 310, 450),
    2024: (150, 10, 230, 260, 280, 300, 300, 300, 340, 110, 150, 220),
    2025: (85, 12, 95, 100, 110, 115, 118, 120, 145),
}
TOTAL, ROWS, PROJECTS, UNMAPPED = 9567.00, 1050, 96, 0.07
METHODS = (
    ("拆除重建", 0.38), ("收储/整体腾退", 0.24), ("关停退出", 0.12), ("二级市场/司法拍卖", 0.12),
    ("回购回租/嫁接", 0.08), ("搬迁入园", 0.06),
)  # fmt: skip


@dataclass
class Posting:
    """One row of the opening ledger."""

    accepted_on: date
    mu: float
    body: Body
    project: str = ""
    method: str = ""
    mapped: bool = True
    ground: BaseGeometry | None = None
    firms: int = 0

    def row(self) -> Row:
        document = f"慈整治验〔{self.accepted_on.year}〕{int(self.project[-3:])}号"
        name = f"{self.body.name}{self.project[-3:]}号片区整治项目"
        names = ("项目编号", "项目名称", "责任主体", "腾出方式", "腾出面积(亩)", "验收日期", "文号", "宗地代码", "企业数(家)")
        cells = (self.project, name, self.body.name, self.method, self.mu, self.accepted_on, document, None, self.firms)
        return Row(dict(zip(names, cells, strict=True)), self.ground)


def plan_postings(rng: Generator) -> list[Posting]:
    """All postings in order of acceptance, with body, project, method and whether a shape came with them."""
    sizes = _sizes(rng)
    bodies = _bodies([mu for _, mu in sizes], rng)
    postings = [Posting(day, mu, body) for (day, mu), body in zip(sizes, bodies, strict=True)]
    _name_projects(postings)
    left = {method: share * TOTAL for method, share in METHODS}
    for index in rng.permutation(len(postings)):
        posting = postings[index]
        weights = np.array([max(v, 0.0) for v in left.values()])
        posting.method = str(rng.choice(list(left), p=weights / weights.sum()))
        left[posting.method] -= posting.mu
        posting.firms = int(rng.choice([0, 1, 1, 1, 2, 3]))
    unmapped = 0.0
    for index in rng.permutation(len(postings)):
        if unmapped + postings[index].mu <= UNMAPPED * TOTAL:
            postings[index].mapped = False
            unmapped += postings[index].mu
    return postings


def _sizes(rng: Generator) -> list[tuple[date, float]]:
    """Days and 亩; hundredths are counted as whole numbers so that every month closes exactly."""
    result = []
    for year, months in MONTHS.items():
        for month, mu in enumerate(months, start=1):
            count = max(1, round(ROWS * mu / TOTAL))
            weights = np.clip(rng.lognormal(0, 0.8, count), 0.15, 6)
            hundredths = np.floor(weights / weights.sum() * mu * 100).astype(int)
            hundredths[-1] += mu * 100 - hundredths.sum()
            days = np.sort(rng.integers(1, 29, count))
            result += [(date(year, month, int(d)), int(h) / 100) for d, h in zip(days, hundredths, strict=True)]
    return result


def _bodies(sizes: list[float], rng: Generator) -> list[Body]:
    """Bodies near their quota: tasks times what each has done so far, between three quarters and a fifth over."""
    pace = np.array([body.task_mu for body in BODIES]) * rng.uniform(0.78, 1.16, len(BODIES))
    left = pace / pace.sum() * TOTAL
    chosen: list[Body | None] = [None] * len(sizes)
    for index in np.argsort(-np.array(sizes), kind="stable"):
        weights = np.clip(left, 1e-9, None)
        body = int(rng.choice(len(BODIES), p=weights / weights.sum()))
        left[body] -= sizes[index]
        chosen[index] = BODIES[body]
    return [body for body in chosen if body is not None]


def _name_projects(postings: list[Posting]) -> None:
    """96 projects: runs of a body's postings, more where more was freed."""
    by_body: dict[str, list[Posting]] = defaultdict(list)
    for posting in postings:
        by_body[posting.body.code].append(posting)
    ordered = sorted(by_body, key=lambda code: (-len(by_body[code]), code))
    share = {code: max(1, int(PROJECTS * len(by_body[code]) / len(postings))) for code in ordered}
    for code in ordered[: PROJECTS - sum(share.values())]:
        share[code] += 1
    number = 0
    for code in ordered:
        for chunk in np.array_split(np.arange(len(by_body[code])), share[code]):
            number += 1
            for index in chunk:
                by_body[code][index].project = f"CX-ZZ-{number:03d}"
