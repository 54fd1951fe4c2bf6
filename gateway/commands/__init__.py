"""The commands of `trigraph`, one module each, and what they show on a terminal."""
