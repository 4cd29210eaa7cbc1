"""System tables: what happened in the workspace, and what it consists of.

While statements and requests run, only references are kept; a thread of its own writes them down and
works out lineage and audit from them, and whoever reads a system table waits until that is done.
"""
