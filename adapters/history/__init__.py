"""The gateway's own history: what it saw of executions, scans, regressions and costs, kept for analytics."""
