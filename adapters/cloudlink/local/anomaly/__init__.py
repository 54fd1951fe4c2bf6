"""Anomalies of a series: how far each value lies outside of what the series did before."""
