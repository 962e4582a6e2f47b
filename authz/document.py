"""The page of the built-in roles, written from the policy: `python -m authz.document > docs/roles.md`."""

import sys

from authz.actions import Action
from authz.enforcer import BUILT_IN
from authz.roles import BuiltInRole

HEAD = """\
# Built-in roles

Written from `authz/policy.csv` by `python -m authz.document > docs/roles.md`.

A role is granted over a whole company, and then holds in each of its departments too, or over a department with all
below it. Who holds several roles at one place may do there what any of them allows and none of them denies. A company
can make further roles for itself, out of the same actions.
"""


def page() -> str:
    """The whole page, as Markdown."""
    return "\n".join(
        [
            HEAD,
            *(f"- **{role.label.en}** (`{role}`). {role.description.en}" for role in BuiltInRole),
            "",
            _line("Action", *BuiltInRole, "What it is"),
            _line("---", *(":-:" for _ in BuiltInRole), "---"),
            *(_line(f"`{action}`", *_marks(action), action.description.en) for action in Action),
            "",
        ]
    )


def _marks(action: Action) -> list[str]:
    return ["●" if BUILT_IN.decide((role,), action).allowed else "" for role in BuiltInRole]


def _line(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    sys.stdout.write(page())
