"""The graph: types and the three roots, as views over the adapters' models."""
