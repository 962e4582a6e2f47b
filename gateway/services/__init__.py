"""Use cases: one verb, one transaction, the same for GraphQL, jobs and the command line."""
