"""`python -m reporter` is `reporter`."""

from reporter.cli import main

main()
