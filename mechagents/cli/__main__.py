"""``python -m mechagents.cli``."""

from mechagents.cli import main

main()
