"""CloudLink's embedded implementation."""
