"""Checks: what an audit compares, night by night."""
