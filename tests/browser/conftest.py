"""What all browser tests share."""

from __future__ import annotations

from playwright.sync_api import expect

# Two cores draw, serve and run kernels at once: what is awaited may take its time, a miss fails late.
expect.set_options(timeout=30_000)
