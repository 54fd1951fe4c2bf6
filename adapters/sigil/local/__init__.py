"""Sigil embedded: packages fetched, unpacked and analysed here, without running anything of them."""
