"""Every page, one module each, in the folder of its portal. Read ``_index.py``, not the modules."""
