"""Fetching packages from npm's registry and from Python package indexes, as the user's own configuration has them."""
