"""Who may call: keys, tokens of identity providers, roles, and how long a caller's access lasts."""
