"""``python -m mechagents``."""

from mechagents.cli import main

main()
