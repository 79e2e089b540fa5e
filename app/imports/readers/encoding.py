"""Which encoding a text is in: strict UTF-8 first, then GB18030, CP950 and CP1252 scored by how plausible they read.

Trying encodings in turn is not enough: GBK bytes decode as CP950 without error and the other way round. Each
decoding is scored by the share of everyday characters of its own standard and by words of land registers.
"""

import codecs
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from app.imports.errors import EncodingUnknown, asking
from app.imports.readers.base import STATED, SURE

LEXICON = (
    "省", "市", "县", "區", "区", "镇", "鎮", "乡", "鄉", "村", "街道", "路", "工业", "工業", "用地", "宗地", "土地",
    "面积", "面積", "名称", "名稱", "编号", "編號", "坐落", "权", "權", "国有", "集体", "公司", "厂", "廠", "企业", "企業",
    "信用", "代码", "代碼", "责任", "主体", "单元", "單元", "计划", "計畫", "都市", "使用", "分区", "分區", "开发", "開發",
    "经济", "經濟", "年度", "日期", "税收", "合同", "控制线", "浙江", "宁波", "中国", "中國", "台", "北", "南", "东", "東",
    "西", "号", "號", "地块", "类", "類", "等级", "乙种", "乙種", "甲种", "甲種", "特种", "特種", "資料", "备注", "備註",
)  # fmt: skip
"""Words of land registers, simplified and traditional."""
LABELS = {"utf-8": "UTF-8", "gb18030": "GB18030", "cp950": "CP950(Big5)", "cp1252": "CP1252", "utf-16": "UTF-16"}
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_SAMPLE_BYTES = 400_000
_FEW = 8
"""Characters."""
_LEAST_PLAUSIBLE = 0.55
_LEAST_AHEAD = 0.02
_WESTERN = frozenset("ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜßàáâãäåæçèéêëìíîïñòóôõöøùúûüÿŒœ‘’“”–—…£€°²³½®©·•«»\xa0´")


@dataclass(frozen=True)
class Encoding:
    """A codec, why it was taken and how sure that is (0–1)."""

    name: str
    reason: str
    confidence: float = 1.0

    def decode(self, raw: bytes) -> str:
        """Text of `raw`; a character cut in two by a fixed-width field is dropped, other damage shows as U+FFFD."""
        return decode_field(raw, self.name)


def decode_field(raw: bytes, name: str, *, errors: str = "replace") -> str:
    """Decode one fixed-width field, dropping a character that the width cut in two."""
    return codecs.getincrementaldecoder(name)(errors).decode(raw, final=False)


def resolve(name: str) -> str:
    """Python's codec of a name from --encoding, a .cpg or a code page number; GB2312/GBK widen to GB18030, Big5 to CP950."""
    text = name.strip().lower().replace("_", "-")
    text = re.sub(r"^(cp|ansi|windows-|oem )?\s*(936|950|1252|65001)$", r"cp\2", text)
    wide = {"gbk": "gb18030", "gb2312": "gb18030", "cp936": "gb18030", "big5": "cp950", "big-5": "cp950", "cp65001": "utf-8"}
    text = wide.get(text, text)
    try:
        return codecs.lookup(text).name
    except LookupError as error:
        raise EncodingUnknown(f"不认识的编码名称:{name}", hint="例如 --encoding GBK、UTF-8、Big5") from error


def detect(samples: Iterable[bytes], *, explicit: str | None = None, hint: str | None = None, source: str = "") -> Encoding:
    """Encoding of the samples (fields or whole texts). `explicit` wins; `hint` (.cpg, LDID) is believed while it reads plausibly."""
    if explicit:
        return Encoding(resolve(explicit), STATED)
    taken = list(_take(samples))
    for raw in taken[:1]:
        for bom, name in _BOMS:
            if raw.startswith(bom):
                return Encoding(name, "文件开头有字节序标记", 0.99)
    if not taken:
        return Encoding("utf-8", "只有 ASCII 字符", 0.99)
    lie = f";文件声明 {hint} 与内容不符,未采用" if hint else ""
    if _decodes(taken, "utf-8") and not _is_absurd(taken):
        return Encoding("utf-8", "全部内容是合法的 UTF-8" + (lie if hint and resolve(hint) != "utf-8" else ""), _utf8_confidence(taken))
    if _looks_utf16(taken):
        return Encoding("utf-16-le", "隔字节为零,像 UTF-16" + lie, 0.9)
    scores = {name: plausibility(taken, name) for name in ("gb18030", "cp950", "cp1252")}
    best = max(scores, key=lambda name: scores[name])
    if hint:
        declared = resolve(hint)
        if declared in scores and scores[declared] >= max(_LEAST_PLAUSIBLE, scores[best] - 0.05):
            return Encoding(declared, f"文件声明 {hint},且读来通顺", 0.95)
    told = "、".join(f"{LABELS[name]} {score:.2f}" for name, score in scores.items())
    if scores[best] < _LEAST_PLAUSIBLE:
        raise EncodingUnknown(
            f"{source} 的文字不是 UTF-8,其他编码读来都不通顺({told})", hint="请用 --encoding 指定,例如 --encoding GBK",
            **asking("encoding", _readings(taken, scores)),
        )  # fmt: skip
    ahead = scores[best] - max(score for name, score in scores.items() if name != best)
    if ahead < _LEAST_AHEAD:
        raise EncodingUnknown(
            f"{source} 的文字太少,几种编码读来同样通顺({told})", hint="请用 --encoding 指定,例如 --encoding GBK",
            **asking("encoding", _readings(taken, scores)),
        )  # fmt: skip
    return Encoding(best, f"非 UTF-8;按用字通顺程度判断({told})" + lie, min(0.97, SURE + ahead))


def _readings(samples: list[bytes], scores: dict[str, float]) -> list[tuple[str, ...]]:
    """Choices: what the beginning reads as in each encoding, the best first."""
    ranked = sorted(scores, key=lambda name: -scores[name])
    return [(name, LABELS[name], f"读作“{_glimpse(samples, name)}”,通顺程度 {scores[name]:.2f}") for name in ranked]


def _is_absurd(samples: list[bytes]) -> bool:
    """A word or two of GBK that is legal UTF-8 by chance reads as letters of far scripts and marks (停业: U+0363 U+04B5)."""
    odd = [c for raw in samples for c in decode_field(raw, "utf-8") if ord(c) > 0x7F]
    return len(odd) <= _FEW and all(0x100 <= ord(c) <= 0x7FF for c in odd) and plausibility(samples, "gb18030") >= _LEAST_PLAUSIBLE


def _utf8_confidence(samples: list[bytes]) -> float:
    """Bytes of another encoding are legal UTF-8 by chance once in a few characters (联通 in GBK), hardly ever over many."""
    characters = sum(1 for raw in samples for octet in raw if octet >= 0xC0)
    return 0.99 if characters > 6 else 0.8


def _glimpse(samples: list[bytes], name: str) -> str:
    """What the beginning would read as."""
    return decode_field(samples[0][:60], name)[:20]


def plausibility(samples: Iterable[bytes], name: str) -> float:
    """Share (0–1.2) of non-ASCII characters that are everyday ones in that encoding; 0 when it can't be decoded."""
    texts = []
    for raw in samples:
        try:
            texts.append(decode_field(raw, name, errors="strict"))
        except UnicodeDecodeError:
            return 0.0
    text = "\n".join(texts)
    odd = [c for c in text if ord(c) > 0x7F]
    if not odd:
        return 0.0
    if name == "cp1252":
        return _western(text, odd)
    hanzi = [c for c in odd if "\u3400" <= c <= "\u9fff" or ord(c) > 0x1FFFF or "\ue000" <= c <= "\uf8ff"]
    if not hanzi:
        return 0.3
    everyday = sum(_is_everyday(c, name) for c in hanzi) / len(hanzi)
    words = sum(text.count(word) * len(word) for word in LEXICON) / len(hanzi)
    return everyday + min(0.2, words * 0.4)


def _western(text: str, odd: list[str]) -> float:
    """Western text: familiar letters, standing alone between ASCII."""
    runs = re.findall(r"[^\x00-\x7f]+", text)
    familiar = sum(c in _WESTERN for c in odd) / len(odd)
    return familiar * (1.0 if len(odd) / len(runs) < 1.35 else 0.4)


def _is_everyday(char: str, name: str) -> bool:
    try:
        raw = char.encode("gb2312" if name == "gb18030" else "cp950")
    except UnicodeEncodeError:
        return False
    return len(raw) == 2 and (0xB0 <= raw[0] <= 0xD7 if name == "gb18030" else 0xA4 <= raw[0] <= 0xC6)


def _take(samples: Iterable[bytes]) -> Iterator[bytes]:
    size, seen = 0, set()
    for raw in samples:
        if raw.isascii() or raw in seen:
            continue
        seen.add(raw)
        size += len(raw)
        yield raw
        if size > _SAMPLE_BYTES:
            return


def _decodes(samples: list[bytes], name: str) -> bool:
    try:
        for raw in samples:
            decode_field(raw, name, errors="strict")
    except UnicodeDecodeError:
        return False
    return True


def _looks_utf16(samples: list[bytes]) -> bool:
    whole = b"".join(samples)[:4000]
    return whole[1::2].count(0) > len(whole) // 6
