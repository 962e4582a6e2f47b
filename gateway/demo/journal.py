"""The companies' journals as rows, each line bound to the one before."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict

import orjson

from gateway.demo.batches import Batch, Row
from gateway.demo.events import Event
from gateway.demo.number_settings import Chunk
from gateway.models.journal import JournalEntry, JournalHead
from gateway.services.journal import BEGINNING, COLUMNS, entry_hash

_JSON = ("before", "after", "details")


def journal(company_id: int, events: Iterable[Event], chunk: Chunk, ids: Iterator[int]) -> Iterator[Batch]:
    """A company's lines in the order of their moments. In the chunk it notes which ones connected or guard options, and
    when the numbers changed."""
    places = {number.id: place for place, number in enumerate(chunk.numbers)}
    last_id, previous_hash = 0, BEGINNING
    rows: list[Row] = []
    for event in sorted(events, key=lambda event: event.at):
        last_id = next(ids)
        line = {"company_id": company_id, "id": last_id, "at": event.at} | asdict(event.origin) | asdict(event.entry)
        digest = entry_hash(previous_hash, line)
        line |= {name: orjson.dumps(line[name]).decode() for name in _JSON if line[name] is not None}
        rows.append((*(line[name] for name in COLUMNS), previous_hash, digest))
        previous_hash = digest
        if event.connected is not None:
            chunk.connected[event.connected] = chunk.connected[event.connected]._replace(journal_id=last_id)
        if event.guarded is not None:
            chunk.connected[event.guarded] = chunk.connected[event.guarded]._replace(guard_journal_id=last_id)
        if event.entry.number_id is not None:
            place = places[event.entry.number_id]
            number = chunk.numbers[place]
            chunk.numbers[place] = number._replace(updated_at=max(event.at, number.updated_at))
    yield Batch(JournalEntry, (*COLUMNS, "previous_hash", "hash"), rows)
    yield Batch(JournalHead, ("company_id", "entry_id", "hash"), [(company_id, last_id, previous_hash)])
