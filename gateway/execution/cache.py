"""A dictionary that forgets what was used least recently, bounded by entries and by weight."""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Lru(Generic[Key, Value]):
    """At most `entries` values of together at most `weight`; a value heavier than that is not kept at all."""

    def __init__(self, entries: int, weight: int) -> None:
        self._limits = (entries, weight)
        self._kept: OrderedDict[Key, tuple[Value, int]] = OrderedDict()
        self.weight = 0

    def get(self, key: Key) -> Value | None:
        found = self._kept.get(key)
        if found is None:
            return None
        self._kept.move_to_end(key)
        return found[0]

    def put(self, key: Key, value: Value, weight: int) -> None:
        entries, limit = self._limits
        if weight > limit:
            return
        previous = self._kept.pop(key, None)
        self._kept[key] = (value, weight)
        self.weight += weight - (previous[1] if previous else 0)
        while len(self._kept) > entries or self.weight > limit:
            _, (_, dropped) = self._kept.popitem(last=False)
            self.weight -= dropped

    def __len__(self) -> int:
        return len(self._kept)
