"""`python -m leukolens`."""

from leukolens.cli import main

main()
