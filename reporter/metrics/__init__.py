"""Measures of how well attributions reflect the model, one per file; `reporter.plugins.METRICS` is their index."""
