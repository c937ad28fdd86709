"""Hundreds of segments evaluated by segkit and by what people would use instead, on the same made data."""
