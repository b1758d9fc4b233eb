"""`python -m labd.cli` is `labd`."""

from labd.cli import main

main()
