"""The system behind the gateway, as the operator has set it: for the web application and for workers."""

from gateway.ports.bss import HttpBss
from gateway.settings import Settings


def operator_system(settings: Settings) -> HttpBss | None:
    """What carries out changes of numbers; None where the gateway's own rows are the truth."""
    token = settings.bss_token.get_secret_value() if settings.bss_token else None
    return HttpBss(settings.bss_url, token) if settings.bss_url else None
