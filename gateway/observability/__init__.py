"""What is seen of the gateway's work: the log, metrics, traces."""
