"""A GraphQL gateway for corporate telecom accounts."""
