"""What people look at in JupyterLab and Voila: charts, tables, panels. Counts and compiles nothing itself."""
