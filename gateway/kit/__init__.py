"""Errors, texts, ids, values and paging: what every layer shares and what knows no layer."""
