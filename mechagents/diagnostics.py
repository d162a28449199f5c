"""Diagnostics: what went on inside, for whoever looks for a fault. The conversation has a log.

Events are structlog's, and go to the standard library's logger ``mechagents``, so a program that
uses the package decides where they end. By default warnings and errors reach standard error.
"""

from __future__ import annotations

import logging
from importlib.metadata import PackageNotFoundError, version

import structlog


def get_logger() -> structlog.stdlib.BoundLogger:
    """Return the package's logger: key and value pairs, tracebacks without local variables."""
    bound: structlog.stdlib.BoundLogger = structlog.wrap_logger(
        logging.getLogger("mechagents"),
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.processors.add_log_level,
            structlog.processors.format_exc_info,
            structlog.dev.ConsoleRenderer(
                colors=False, exception_formatter=structlog.dev.plain_traceback
            ),
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    return bound


def installed_version() -> str:
    """Return this package's version."""
    try:
        return version("mechagents")
    except PackageNotFoundError:  # run from a source tree that is not installed
        return "unknown"
