"""What goes wrong with one company is in no other's way."""

from collections.abc import Iterator
from contextlib import contextmanager

from gateway.kit.errors import DatabaseAway


class Failures:
    """What went wrong with companies that a job looks after one by one, kept until all of them have had their turn."""

    def __init__(self) -> None:
        self._kept: list[Exception] = []

    @contextmanager
    def kept(self, company_id: int) -> Iterator[None]:
        """Keeps what the block raises for a company, but for `DatabaseAway`, which all others would meet too."""
        try:
            yield
        except DatabaseAway:
            raise
        except Exception as failure:
            failure.add_note(f"In company {company_id}.")
            self._kept.append(failure)

    def tell(self) -> None:
        """Raises what was kept, if anything, as an exception group."""
        if self._kept:
            raise ExceptionGroup("Some companies could not be looked after", self._kept)
