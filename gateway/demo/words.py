"""The words that names are drawn from, out of words.toml."""

import tomllib
from importlib.resources import files

_WORDS = tomllib.loads(files(__package__).joinpath("words.toml").read_text("utf-8"))


def words(kind: str) -> list[str]:
    """All words of a kind, in their order."""
    return str(_WORDS[kind]).split()
