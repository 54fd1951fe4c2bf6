"""Tests, in rooms that mirror the project's; `contract` runs one suite over every adapter of a service."""
