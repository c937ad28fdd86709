"""Why: what an app answers about its users and segments beyond a count. The sums are done in `segkit.analysis`."""
