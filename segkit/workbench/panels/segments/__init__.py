"""The list of an app's segments, and what can be done with each."""
