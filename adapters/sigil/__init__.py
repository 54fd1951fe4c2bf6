"""Sigil: packages scanned for supply-chain attacks."""
