"""Reads, a level of parents at a time: each function answers all parents with the same number of statements as one."""
