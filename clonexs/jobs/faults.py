"""Named places at which a test may kill the worker; operations have more of them."""

from clonexs.operations.faults import strike, strike_inside

__all__ = ["strike", "strike_inside"]
