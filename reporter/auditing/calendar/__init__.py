"""Calendar: when audits are due, what calls them then, and running what is due."""
