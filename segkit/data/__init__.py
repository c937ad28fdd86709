"""Bringing data in and keeping it: settings, sources, load, history, quality. Knows nothing of rules and segments."""
