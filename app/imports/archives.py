"""Several files of one archive: those that are of the kind, and whether the others were meant. What is not sure is asked."""

from collections.abc import Callable, Sequence

from app.imports.columns import ColumnMap
from app.imports.errors import ColumnsMissing, LayerAmbiguous, asking
from app.imports.kinds import Kind
from app.imports.readers import Delivery
from app.imports.readers.base import EVERY_FILE


def mapped(deliveries: Sequence[Delivery], kind: Kind, one: Callable[[Delivery], ColumnMap], *, layer: str | None) -> list[ColumnMap]:
    """The columns of each delivery. Errors: layer_ambiguous when only some files of an archive have the kind's columns; those of `one`."""
    found: list[ColumnMap] = []
    odd: list[Delivery] = []
    for delivery in deliveries:
        mates = [d for d in deliveries if d is not delivery and _archive(d) and _archive(d) == _archive(delivery)]
        try:
            found.append(one(delivery))
        except ColumnsMissing:
            if not mates or layer == EVERY_FILE:
                raise
            odd.append(delivery)
        else:
            odd += [delivery] if mates and kind.key and not any(name in found[-1].matches for name in kind.key) else []
    if odd and layer != EVERY_FILE:
        _ask(odd, deliveries, kind, one)
    return found


def _ask(odd: list[Delivery], deliveries: Sequence[Delivery], kind: Kind, one: Callable[[Delivery], ColumnMap]) -> None:
    """Ask which file is meant where another one of the archive fits; where none does, its own refusal stands."""
    archive = _archive(odd[0])
    fitting = [d for d in deliveries if _archive(d) == archive and d not in odd]
    if not fitting:
        for delivery in odd:
            one(delivery)
        return
    told = "、".join(d.file for d in odd)
    choices = [(d.file, f"只读 {d.file}", f"{len(d.frame)} 行") for d in (*fitting, *odd)]
    choices.append((EVERY_FILE, "几个文件全部采用", "没有关键列的行逐条提醒"))
    raise LayerAmbiguous(
        f"{archive} 里有 {len(fitting) + len(odd)} 个数据文件,{told} 没有“{kind.label}”的关键列", hint="请用 --layer 文件名 指定其中一个",
        layers=[d.file for d in (*fitting, *odd)], **asking("layer", choices),
    )  # fmt: skip


def _archive(delivery: Delivery) -> str:
    return delivery.path.parts[0] if len(delivery.path.parts) > 1 else ""
