"""What bulk changes are to do, said plainly: no database, no batches, one number after another."""

from dataclasses import dataclass, field, replace

from gateway.operations.labels import LabelSet
from gateway.operations.operation import Operation
from gateway.operations.options import OptionConnect
from tests.unit.operations.catalogues import PLAIN, RIVAL

OPEN = {"PLANNING", "PLANNED", "AWAITING_APPROVAL", "SCHEDULED", "RUNNING", "PAUSED", "CANCELLING"}


@dataclass(frozen=True)
class Look:
    """How a number is set; of two options that exclude each other it has one at most."""

    label: str | None = None
    options: frozenset[int] = frozenset()

    def after(self, operations: tuple[Operation, ...]) -> "Look | None":
        """How it is after these; None where one of them is refused, or it is so already."""
        look = self
        for operation in operations:
            match operation:
                case LabelSet(label):
                    look = Look(label, look.options)
                case OptionConnect(option_id) if look.options <= {option_id}:
                    look = Look(look.label, frozenset({option_id}))
                case _:
                    return None
        return None if look == self else look


@dataclass
class Number:
    look: Look = field(default_factory=Look)
    version: int = 0

    def become(self, look: Look) -> None:
        self.look = look
        self.version += 1


@dataclass
class Item:
    """`becomes` is what an undo has for the number, with the version that it needs; else operations tell.

    `left` is how the number was left by what is undone, `before` and `after` how the item found and left it.
    """

    state: str
    version: int
    becomes: Look | None = None
    left: Look | None = None
    before: Look | None = None
    after: Look | None = None

    def half_done(self, look: Look) -> bool:
        """Whether one of the two things that are to be undone is as it was before, and the other still stands."""
        if self.becomes is None or self.left is None:
            return False
        halves = {Look(self.becomes.label, self.left.options), Look(self.left.label, self.becomes.options)}
        return look in halves - {self.becomes, self.left}


@dataclass
class Change:
    author: int
    operations: tuple[Operation, ...]
    together: bool
    numbers: dict[int, Number]
    inside: bool = False
    """Whether it stands in the branch, where the branch's manager sees it."""
    status: str = "PLANNING"
    items: dict[int, Item] = field(default_factory=dict)
    named: dict[int, Item | None] = field(default_factory=dict)
    """The numbers that are meant, with the item of the earlier change where the plan depends on it."""

    def plan(self, visible: set[int], most: int, branch: set[int]) -> None:
        for id, earlier in sorted(self.named.items()):
            if id in visible:
                version, look = self.numbers[id].version, self.numbers[id].look
                item = replace(earlier, state="PENDING") if earlier else Item("PENDING", version)
                if item.half_done(look):
                    item.version = version
                if item.version != version or self._next(id, item) is None:
                    item.state = "REFUSED"
                self.items[id] = item
        doable = self.ids("PENDING")
        if not self.items:
            self.status = "FAILED"
        else:
            self.inside = self.inside or self.items.keys() <= branch
            self.status = "AWAITING_APPROVAL" if len(doable) > most else "PLANNED"

    def run(self, chunk: int, visible: set[int]) -> None:
        ids = self.ids("PENDING")[: None if self.together else chunk]
        fine = {id: look for id in ids if (look := self._runs(id, visible)) is not None}
        for id in ids:
            item = self.items[id]
            if id not in fine:
                item.state = "FAILED"
            elif self.together and len(fine) < len(ids):
                item.state = "SKIPPED"
            else:
                item.state, item.before = "APPLIED", self.numbers[id].look
                self.numbers[id].become(fine[id])
                item.after, item.version = self.numbers[id].look, self.numbers[id].version

    def finish(self) -> None:
        pending = self.ids("PENDING")
        if self.status == "CANCELLING":
            self.status = "CANCELLED"
            for id in pending:
                self.items[id].state = "SKIPPED"
        elif self.status == "RUNNING" and not pending:
            self.status = "FINISHED"

    def ids(self, *states: str) -> list[int]:
        return [id for id, item in sorted(self.items.items()) if item.state in states]

    def drifted(self) -> bool:
        return any(self.items[id].version != self.numbers[id].version for id in self.ids("PENDING"))

    def _runs(self, id: int, visible: set[int]) -> Look | None:
        item = self.items[id]
        fresh = id in visible and item.version == self.numbers[id].version
        return self._next(id, item) if fresh else None

    def _next(self, id: int, item: Item) -> Look | None:
        return item.becomes or self.numbers[id].look.after(self.operations)


OPERATIONS: list[tuple[Operation, ...]] = [
    (LabelSet("a"),),
    (LabelSet("b"),),
    (OptionConnect(PLAIN),),
    (OptionConnect(RIVAL), LabelSet("c")),
]
