"""Evaluating rules: the evaluator protocol, and DuckDB behind it.

Knows no catalog; memberships of stored segments are given to it.
"""
