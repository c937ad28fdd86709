"""The panels around the rule builder. Each is a folder: a model without widgets, and the files of its view."""
