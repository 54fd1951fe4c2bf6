"""Unpacking archives in memory, under limits that a hostile archive cannot talk its way around."""
