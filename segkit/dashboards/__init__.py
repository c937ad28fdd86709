"""Dashboards for people who never open JupyterLab: pages in Voila whose kernels hold nothing.

A page's kernel shows panels and carries their messages to the evaluator, a process of its own that opens the workspace
and answers what the visitor's role may know. The kernel cannot open the workspace at all.
"""
