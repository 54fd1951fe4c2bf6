"""The catalogue of detections: one YAML file per platform, read by `catalogue`."""
