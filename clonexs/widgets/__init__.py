"""Pages in a notebook or a browser: Python owns the pages, TypeScript owns the components."""
