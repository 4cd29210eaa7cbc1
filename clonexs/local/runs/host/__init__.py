"""What runs inside the process of one task: its notebook, script or wheel, and ``dbutils``.

It speaks with the workspace as any program does: by the token of the principal that the run is.
"""
