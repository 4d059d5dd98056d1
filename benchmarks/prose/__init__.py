"""How good the prose and its check are, measured: `make prose`."""
