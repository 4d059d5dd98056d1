"""History: what the runs of an audit came to, as a table and as a static site."""
