"""What an order carries is what it was placed with."""

import orjson
from hypothesis import assume, given

from gateway.operations.operation import Operation
from gateway.operations.state import NumberState
from gateway.services.effects import step
from gateway.services.settlements import Task
from tests.services.fleet import ORIGIN
from tests.unit.operations.catalogues import NOW
from tests.unit.operations.test_undo import CATALOGUE, OPERATIONS, numbers


@given(numbers(), OPERATIONS)
def test_a_task_comes_back_from_json(state: NumberState, operation: Operation) -> None:
    outcome = operation.check(state, CATALOGUE, NOW)
    assume(not outcome.refusals)
    made = step(state, operation, outcome, CATALOGUE, bulk_change_id=5)
    task = Task(ORIGIN, [made])

    back = Task.parse(orjson.loads(orjson.dumps(task.dump())))

    assert back == task
    assert step(back.steps[0].before, operation, outcome, CATALOGUE, bulk_change_id=5).entry == made.entry
