"""The change feed: what changed, told to everyone in this process or all processes who watches."""
