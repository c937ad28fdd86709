"""One leaf of a rule as one SQL template and its bound values. Runs nothing."""
