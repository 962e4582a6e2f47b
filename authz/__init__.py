"""Who may do what, and where: a leaf that knows no GraphQL, no HTTP and no tables."""
