"""The catalog and published snapshots. Asks no clock: whoever calls says when it is."""
