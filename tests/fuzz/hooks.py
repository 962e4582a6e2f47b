"""What Schemathesis must know of the gateway: its scalars, and which answers are its own fault."""

from typing import Any

import schemathesis
from hypothesis import strategies as st

_NODES = schemathesis.graphql.nodes

for name, values in {
    "Date": st.dates().map(str),
    "DateTime": st.datetimes(timezones=st.just(None)).map(lambda moment: f"{moment.isoformat(timespec='seconds')}Z"),
    "Decimal": st.decimals(allow_nan=False, allow_infinity=False, places=2).map(str),
    "Inn": st.sampled_from(["7707083893", "500100732259", "1"]),
    "JSON": st.text(),
    "PhoneNumber": st.sampled_from(["+79260000001", "8 926 000-00-02", "x"]),
    "_Any": st.text(),
}.items():
    schemathesis.graphql.scalar(name, values.map(_NODES.String))
schemathesis.graphql.scalar("Long", st.integers(-(2**63), 2**63 - 1).map(_NODES.Int))


@schemathesis.check  # type: ignore[untyped-decorator]  # it is not installed here
def no_fault_of_the_gateway(_: object, response: Any, __: object) -> None:
    """Whatever is asked, the caller is told what to do about it: nothing is INTERNAL."""
    assert response.status_code < 500, response.text
    codes = [error["extensions"]["code"] for error in response.json().get("errors", ())]
    assert "INTERNAL" not in codes, response.text
