"""MITRE ATT&CK: what it knows of techniques, and how a report's sentences are matched with them."""
