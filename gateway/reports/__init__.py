"""Data as files that people keep."""
