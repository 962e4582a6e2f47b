"""Demo data: believable companies, people and numbers for an empty database, with log-ins that everybody knows."""

from gateway.demo.access import API_KEY, LOGINS, OTHER_API_KEY, PASSWORD
from gateway.demo.filling import OtherDataError, Summary, fill, is_demo

__all__ = ["API_KEY", "LOGINS", "OTHER_API_KEY", "PASSWORD", "OtherDataError", "Summary", "fill", "is_demo"]
