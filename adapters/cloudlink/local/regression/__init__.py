"""Whether a deploy made its service dearer: arithmetic on an hourly series, without a store."""
