"""Report: one run of an audit, laid out and rendered."""
