"""CloudSigma: threat intelligence in, Sigma detection rules out."""
