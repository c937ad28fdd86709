"""Definitions in a folder against the catalog: what it would change (plan), doing it (apply), writing it (pull)."""
