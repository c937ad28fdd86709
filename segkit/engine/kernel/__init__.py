"""The columnar kernel: leaves that count, over coded columns mapped into memory; and labels by their dictionaries.

It answers what it can answer exactly, and leaves all else to DuckDB, with which it agrees user by user. What a value
compares like is decided by DuckDB or by the bounds in `bounds`, once for each text or value, never row by row.
"""
