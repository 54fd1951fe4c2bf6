"""The edges of the graph: how to get from one node to the next."""
