"""The seven stages of the pipeline, one module each, in the order of `models.Stage`."""
