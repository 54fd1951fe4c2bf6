"""CloudSigma embedded: the seven-stage pipeline, run here and made durable."""
