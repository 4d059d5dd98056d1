"""What is promised of speed and of prose, measured beside peers or limits."""
