"""How a run is shown: live in a terminal, as a conversation, and as a page to keep.

Nothing heavy is imported before it is used.
"""

from mechagents.report.approval import readable
from mechagents.report.conversation import print_conversation
from mechagents.report.html import report_page, write_report
from mechagents.report.numbers import format_quantity
from mechagents.report.summary import print_evidence, print_summary
from mechagents.report.terminal import LiveView

__all__ = [
    "LiveView",
    "format_quantity",
    "print_conversation",
    "print_evidence",
    "print_summary",
    "readable",
    "report_page",
    "write_report",
]
