"""Settings: the table that the environment is read by, in parts."""
