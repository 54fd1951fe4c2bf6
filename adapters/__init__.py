"""The sources: one folder per service behind its port, and what those folders share."""
