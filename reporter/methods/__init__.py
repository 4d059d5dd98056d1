"""Attribution algorithms, one family per file; `reporter.plugins.METHODS` is their index."""
