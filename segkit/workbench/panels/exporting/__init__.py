"""The panel that takes segments out: what will leave is said before, and who took it is on record."""
