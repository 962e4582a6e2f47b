"""The GraphQL schema: names and shapes by noun, over loaders for reading and services for writing."""

from schema import enums

__all__ = ["enums"]
