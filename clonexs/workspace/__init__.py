"""The gateway to a workspace, real or local."""
