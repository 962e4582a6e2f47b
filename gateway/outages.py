"""How it is told that the database is away, and not at fault."""

import asyncpg
import structlog
from sqlalchemy import exc

from gateway.kit.errors import DatabaseAway

log = structlog.get_logger(__name__)

_AWAY = (
    ConnectionError,
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
    asyncpg.TooManyConnectionsError,
)


def raise_if_outage(error: Exception, *also: type[Exception]) -> None:
    """Raises `DatabaseAway` in the place of what a lost connection raises, and of `also`; returns for others."""
    if isinstance(error, also) or _is_outage(error):
        log.warning("database.away", error=str(error))
        raise DatabaseAway from error


def _is_outage(error: BaseException | None) -> bool:
    match error:
        case exc.DBAPIError(orig=BaseException(__cause__=cause)):
            return _is_outage(cause)
        case asyncpg.InterfaceError():  # also for what is misused
            return "closed" in str(error)
        case asyncpg.InternalClientError():  # the server has said good-bye, and the end of the line is not read yet
            return "cannot switch to state" in str(error)
    return isinstance(error, _AWAY)
