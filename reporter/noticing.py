"""Noticing: what an audit found, in sentences."""
