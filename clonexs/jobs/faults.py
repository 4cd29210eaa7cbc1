"""Named places at which a test may kill the worker or fill its disk; operations have more of them."""

from clonexs.operations.faults import is_disk_full, strike, strike_inside

__all__ = ["is_disk_full", "strike", "strike_inside"]
