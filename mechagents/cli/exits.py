"""The exit codes of the command line."""

ANSWERED = 0
"""The answer reached the level asked for."""
BAD_INPUT = 2
"""The user mends a file, a name or an option."""
BELOW_LEVEL = 3
"""There is an answer, verified less far than asked for."""
NO_ANSWER = 4
"""There is no answer."""
BUDGET_SPENT = 5
"""A limit on what the run may spend ended it."""
INTERRUPTED = 130
"""Ctrl-C."""
