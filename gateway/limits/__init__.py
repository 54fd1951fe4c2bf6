"""The limits on an operation's document: one file each, put together in the order of `checks`."""
