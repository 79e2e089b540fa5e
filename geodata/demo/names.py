"""Invented names: firms from syllables no real firm is meant by, roads, village companies."""

from __future__ import annotations

from numpy.random import Generator

FIRST = "澄栎沐峣岑霁昱翊煦漱璟骁砚洺昭锴钧淼瑭晔湛珩琰祯弘朔旻珈霖桢"
SECOND = "峦泽屿川禾舟岱凌远曜辰衡岳朗启睿翰腾驰卓越恒诚启程嘉望川远图拓"
TRADES = {  # division: (four-digit classes, words, weight among 规上 %, weight of land)
    "38": (("3851", "3853", "3857", "3824"), ("电器", "电机", "插座科技", "家电"), 27),
    "34": (("3451", "3443", "3484"), ("轴承", "阀门", "精密机械"), 15),
    "29": (("2915", "2927", "2929"), ("橡塑", "塑料制品", "塑业"), 11),
    "36": (("3670",), ("汽车部件", "车业"), 9),
    "33": (("3311", "3351", "3389"), ("五金", "金属制品"), 9),
    "17": (("1713", "1751"), ("纺织", "针纺"), 5),
    "18": (("1811", "1830"), ("服饰", "制帽"), 3),
    "28": (("2822", "2829"), ("化纤",), 3),
    "39": (("3921", "3989"), ("电子",), 3),
    "40": (("4014", "4090"), ("仪表",), 2),
    "35": (("3525", "3599"), ("专用装备", "模具"), 5),
    "24": (("2451",), ("玩具文具",), 3),
    "41": (("4190",), ("打火机",), 2),
    "42": (("4220",), ("再生资源",), 1),
    "27": (("2710",), ("医药",), 2),
}
ROADS = (
    "滨海",
    "工业",
    "兴业",
    "创业",
    "新城",
    "长河",
    "明州",
    "世纪",
    "金山",
    "潮塘",
    "三北",
    "开发",
    "科技",
    "南二环",
    "北三环",
    "教场山",
)


class Names:
    """Hands out each firm name once."""

    def __init__(self, rng: Generator) -> None:
        self._rng = rng
        self._used: set[str] = set()

    def firm(self, word: str) -> str:
        """A firm of a trade."""
        while True:
            a, b = self._rng.integers(len(FIRST)), self._rng.integers(len(SECOND))
            name = f"慈溪市{FIRST[a]}{SECOND[b]}{word}有限公司"
            if name in self._used:
                c = self._rng.integers(len(FIRST))
                name = f"慈溪市{FIRST[a]}{SECOND[b]}{FIRST[c]}{word}有限公司"
            if name not in self._used:
                self._used.add(name)
                return name

    def village(self, town: str, number: int) -> str:
        """A village's company that owns and lets."""
        return f"慈溪市{town[:-1].removesuffix('街')}{FIRST[number % len(FIRST)]}村第{number + 1}资产经营有限公司"


def trade(rng: Generator) -> tuple[str, str]:
    """Four-digit class and the word of a firm's trade, in the county's proportions."""
    divisions = list(TRADES)
    weights = [TRADES[d][2] for d in divisions]
    division = str(rng.choice(divisions, p=[w / sum(weights) for w in weights]))
    classes, words, _ = TRADES[division]
    index = int(rng.integers(len(classes)))
    return classes[index], words[index % len(words)]
