"""Engines: where the items of an audit are worked on."""
