"""Kinds of data, one per file; `reporter.plugins.MODALITIES` is their index."""
