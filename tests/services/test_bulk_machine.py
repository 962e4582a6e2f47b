"""Bulk changes in any order of steps, by people whose rights come and go, against a model of what they are to do."""

import asyncio
import itertools
import os
from collections.abc import Awaitable
from dataclasses import replace
from typing import Any, TypeVar

import asyncpg
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from gateway.db import Database
from gateway.kit.errors import ErrorCode, Refusal
from gateway.models.bulk_changes import BulkErrorPolicy
from gateway.operations.labels import LabelSet
from gateway.services import bulk_changes, bulk_runs, bulk_steps, numbers
from gateway.services.bulk_plans import make_plan
from gateway.services.bulk_targets import Target
from gateway.services.journal_verification import verify
from tests.services.bulk import CATALOGUE, origin_of
from tests.services.bulk_model import OPEN, OPERATIONS, Change, Item, Look, Number
from tests.services.bulk_staff import BRANCH_ONLY, DECIDES, EVERYWHERE, ROLES, Staff
from tests.services.fleet import insert_catalogue

T = TypeVar("T")

CHUNK = 2
UNAPPROVED = 3
"""Numbers that a change may have without a second person."""
AT_ONCE = 2
ENDED = ("FINISHED", "CANCELLED")
WRITTEN = """
SELECT bulk_change_id, number_id FROM journal_entries
WHERE company_id = $1 AND bulk_change_id IS NOT NULL AND number_id IS NOT NULL
"""
WHO = st.sampled_from([EVERYWHERE, EVERYWHERE, BRANCH_ONLY])
WHICH = st.integers(0, 3)
PLACES = st.sets(st.integers(0, 5), min_size=1)
CHUNKS = st.sampled_from([None, 1, 1, 2, 4])
COUNTER = itertools.count(5_000)


class Machine(RuleBasedStateMachine):
    """A company of six numbers, one of them in a branch, whose manager sees no other; an owner decides."""

    def __init__(self, runner: asyncio.Runner, database: Database, connection: asyncpg.Connection) -> None:
        super().__init__()
        self.runner, self.database, self.connection = runner, database, connection
        self.staff = Staff(next(COUNTER), connection)
        self.company, self.people = self.staff.company_id, self.staff.people
        self.ids, self.branch = self.staff.number_ids, self.staff.branch_number
        self.numbers = {id: Number() for id in self.ids}
        self.changes: dict[int, Change] = {}
        self.do(self.staff.arrange(UNAPPROVED))

    def do(self, act: Awaitable[T]) -> T:
        async def wait() -> T:
            return await act

        return self.runner.run(wait())

    def refusal(self, act: Awaitable[object]) -> ErrorCode | None:
        try:
            self.do(act)
        except Refusal as refusal:
            return refusal.code
        return None

    def pick(self, which: int, *statuses: str) -> tuple[int, Change]:
        """One of the latest changes; mostly one in such a state, if there is any."""
        changes = list(self.changes.items())
        fitting = [each for each in changes if each[1].status in statuses]
        return fitting[-1] if fitting and which else changes[-1 - which % len(changes)]

    def options(self, who: int) -> dict[str, Any]:
        return {"origin": origin_of(self.people[who])}

    @initialize(who=WHO, places=PLACES, operations=st.sampled_from(OPERATIONS), chunks=st.sampled_from([None, 1]))
    def begin(self, who: int, places: set[int], operations: Any, chunks: int | None) -> None:
        self.ask(who, places, operations, together=False, chunks=chunks)

    @precondition(lambda self: sum(change.status in OPEN for change in self.changes.values()) < AT_ONCE)
    @rule(
        who=WHO,
        places=PLACES,
        operations=st.sampled_from(OPERATIONS),
        together=st.booleans(),
        chunks=CHUNKS,
    )
    def ask(self, who: int, places: set[int], operations: Any, *, together: bool, chunks: int | None) -> None:
        named = sorted({self.ids[place] for place in places} | ({self.branch} if who == BRANCH_ONLY else set()))
        policy = BulkErrorPolicy.REJECT_ALL if together else BulkErrorPolicy.SKIP_FAILED
        change_id = self.do(
            bulk_changes.plan(
                self.database,
                self.people[who],
                self.company,
                Target(ids=named),
                operations,
                catalogue=CATALOGUE,
                on_error=policy,
                **self.options(who),
            )
        )
        change = Change(who, operations, together, self.numbers, inside=who == BRANCH_ONLY, named=dict.fromkeys(named))
        self.make_plan(change_id, change, chunks)

    def make_plan(self, change_id: int, change: Change, chunks: int | None) -> None:
        """Plans it; with chunks it is approved and applied too, and so many of them are done."""
        self.changes[change_id] = change
        assert self.do(make_plan(self.database, self.company, change_id, catalogue=CATALOGUE))
        change.plan(self.staff.sees(change.author), UNAPPROVED, branch={self.branch})
        if chunks is not None:
            self.decide(0, DECIDES, agrees=True)
            self.apply(0, change.author)
            self.work(0, chunks)

    @precondition(lambda self: self.changes)
    @rule(which=WHICH, who=st.sampled_from(sorted(ROLES)), agrees=st.booleans())
    def decide(self, which: int, who: int, *, agrees: bool) -> None:
        change_id, change = self.pick(which, "AWAITING_APPROVAL")
        step, becomes = (bulk_steps.approve, "PLANNED") if agrees else (bulk_steps.reject, "REJECTED")
        proof = {"session_id": self.people[who].id} if agrees else {}
        code = self.refusal(step(self.database, self.people[who], change_id, **proof, **self.options(who)))
        if who == BRANCH_ONLY:
            assert code == (ErrorCode.FORBIDDEN if change.inside else ErrorCode.NOT_FOUND)
        elif change.status == becomes:
            assert code == ErrorCode.ALREADY_DONE
        elif change.status != "AWAITING_APPROVAL":
            assert code == ErrorCode.CONFLICT
        elif who == change.author:
            assert code == ErrorCode.FORBIDDEN
        else:
            assert code is None
            change.status = becomes

    @precondition(lambda self: self.changes)
    @rule(which=WHICH, who=WHO)
    def apply(self, which: int, who: int) -> None:
        change_id, change = self.pick(which, "PLANNED")
        plan_hash = self.do(self.connection.fetchval("SELECT plan_hash FROM bulk_changes WHERE id = $1", change_id))
        code = self.refusal(
            bulk_steps.apply(
                self.database,
                self.people[who],
                change_id,
                plan_hash or "",
                catalogue=CATALOGUE,
                session_id=self.people[who].id,
                **self.options(who),
            )
        )
        if who == BRANCH_ONLY and not change.inside:
            assert code == ErrorCode.NOT_FOUND
        elif change.status != "PLANNED":
            assert code == (ErrorCode.ALREADY_DONE if change.status == "RUNNING" else ErrorCode.CONFLICT)
        elif not change.ids("PENDING"):
            assert code == ErrorCode.NOT_AVAILABLE
        elif change.together and change.ids("REFUSED"):
            assert code == ErrorCode.CONFLICT
        elif change.drifted():
            assert code == ErrorCode.PLAN_DRIFTED
        else:
            assert code is None
            change.status = "RUNNING"

    @precondition(lambda self: self.changes)
    @rule(which=WHICH, who=WHO, step=st.sampled_from(["pause", "resume", "cancel", "cancel"]))
    def steer(self, which: int, who: int, step: str) -> None:
        change_id, change = self.pick(which, "RUNNING", "PAUSED")
        begins, becomes = {
            "pause": ({"RUNNING"}, "PAUSED"),
            "resume": ({"PAUSED"}, "RUNNING"),
            "cancel": (OPEN - {"CANCELLING"}, "CANCELLING"),
        }[step]
        code = self.refusal(getattr(bulk_steps, step)(self.database, self.people[who], change_id, **self.options(who)))
        if who == BRANCH_ONLY and not change.inside:
            assert code == ErrorCode.NOT_FOUND
        elif change.status == becomes or (step, change.status) == ("cancel", "CANCELLED"):
            assert code == ErrorCode.ALREADY_DONE
        elif change.status not in begins or (step == "pause" and not change.ids("PENDING")):
            assert code == ErrorCode.CONFLICT
        else:
            assert code is None
            change.status = becomes

    @precondition(lambda self: self.changes)
    @rule(which=WHICH, chunks=st.integers(0, 4))
    def work(self, which: int, chunks: int) -> None:
        change_id, change = self.pick(which, "RUNNING", "CANCELLING")
        for _ in range(chunks):
            due = change.status == "RUNNING" and bool(change.ids("PENDING"))
            done = bulk_runs.run_chunk(self.database, self.company, change_id, catalogue=CATALOGUE)
            assert self.do(done) is due
            if due:
                change.run(CHUNK, self.staff.sees(change.author))
        ended = self.do(bulk_runs.finish(self.database, self.company, change_id))
        was = change.status
        change.finish()
        assert ended is (change.status != was)

    @precondition(lambda self: self.changes)
    @rule(which=WHICH, who=WHO, undoes=st.booleans(), chunks=CHUNKS)
    def follow(self, which: int, who: int, undoes: bool, chunks: int | None) -> None:
        wanted = ("APPLIED",) if undoes else ("REFUSED", "FAILED", "SKIPPED")
        fitting = [each for each in self.changes.items() if each[1].status in ENDED and each[1].ids(*wanted)]
        earlier_id, earlier = fitting[-1] if fitting and which else self.pick(which)
        ids = earlier.ids(*wanted)
        step = bulk_changes.undo if undoes else bulk_changes.retry
        hidden = who == BRANCH_ONLY and not earlier.inside
        if hidden or earlier.status not in ENDED or not ids:
            code = self.refusal(step(self.database, self.people[who], earlier_id, **self.options(who)))
            refused = ErrorCode.NOT_AVAILABLE if earlier.status in ENDED else ErrorCode.CONFLICT
            assert code == (ErrorCode.NOT_FOUND if hidden else refused)
            return
        change_id = self.do(step(self.database, self.people[who], earlier_id, **self.options(who)))
        change = Change(who, earlier.operations, earlier.together, self.numbers, inside=earlier.inside)
        for id in ids:
            item = earlier.items[id]
            if undoes:
                item = Item(item.state, item.version, becomes=item.before, left=item.after)
            change.named[id] = replace(item, left=item.left if undoes else None) if item.becomes else None
        self.make_plan(change_id, change, chunks)

    @rule(place=st.integers(0, 5))
    def change_one(self, place: int) -> None:
        """By itself; one that a change waits for, if there is any."""
        awaited = sorted(
            {id for change in self.changes.values() if change.status in OPEN for id in change.ids("PENDING")}
        )
        id, label = (awaited or self.ids)[place % len(awaited or self.ids)], f"somebody's {next(COUNTER)}"
        self.do(
            numbers.change(
                self.database,
                self.people[DECIDES],
                id,
                LabelSet(label),
                catalogue=CATALOGUE,
                **self.options(DECIDES),
            )
        )
        self.numbers[id].become(Look(label, self.numbers[id].look.options))

    @rule(who=st.sampled_from([EVERYWHERE, BRANCH_ONLY, BRANCH_ONLY]))
    def take_away_or_give_back(self, who: int) -> None:
        if who in self.staff.revoked:
            self.do(self.staff.give(who))
        elif self.changes:
            self.do(self.staff.take(who))

    @invariant()
    def rows_are_as_the_model_says(self) -> None:
        self.do(self._compare())

    async def _compare(self) -> None:
        rows = await self.connection.fetch(
            "SELECT id, label, array(SELECT option_id FROM connected_options o "
            "WHERE o.company_id = n.company_id AND o.number_id = n.id) AS options FROM numbers n WHERE company_id = $1",
            self.company,
        )
        looks = {row["id"]: Look(row["label"], frozenset(row["options"])) for row in rows}
        assert looks == {id: number.look for id, number in self.numbers.items()}
        items = await self.connection.fetch(
            "SELECT bulk_change_id, number_id, state FROM bulk_items WHERE company_id = $1", self.company
        )
        assert {tuple(item) for item in items} == {
            (change_id, id, item.state)
            for change_id, change in self.changes.items()
            for id, item in change.items.items()
        }
        counted = await self.connection.fetch(
            "SELECT id, status, item_count, applied_count, failed_count, refused_count, skipped_count "
            "FROM bulk_changes WHERE company_id = $1",
            self.company,
        )
        assert {tuple(row) for row in counted} == {
            (
                *(change_id, change.status, len(change.items)),
                *(len(change.ids(state)) for state in ("APPLIED", "FAILED", "REFUSED", "SKIPPED")),
            )
            for change_id, change in self.changes.items()
        }

    def teardown(self) -> None:
        assert not self.do(verify(self.database, self.company)).faults
        written = self.do(self.connection.fetch(WRITTEN, self.company))
        applied = {(change_id, id) for change_id, change in self.changes.items() for id in change.ids("APPLIED")}
        assert {(row["bulk_change_id"], row["number_id"]) for row in written} == applied


def test_any_order_of_steps_does_what_the_model_does(
    dsn: str, clean_tables: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk_runs, "CHUNK", CHUNK)
    with asyncio.Runner() as runner:
        database = Database(dsn)
        connection = runner.run(asyncpg.connect(dsn))
        runner.run(insert_catalogue(connection, CATALOGUE))
        try:
            run_state_machine_as_test(
                lambda: Machine(runner, database, connection),  # type: ignore[arg-type]  # it wants a class or this
                settings=settings(
                    max_examples=int(os.environ.get("MACHINES", "10")),
                    stateful_step_count=30,
                    phases=[Phase.generate],  # to make a failing order shorter takes minutes, on a database
                    deadline=None,
                    database=None,
                    suppress_health_check=list(HealthCheck),
                ),
            )
        finally:
            runner.run(connection.close())
            runner.run(database.close())
