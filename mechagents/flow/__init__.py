"""Who acts next: pure functions of the conversation."""

from mechagents.flow.base import Finish, Flow, subject
from mechagents.flow.dataflow import Dataflow

__all__ = ["Dataflow", "Finish", "Flow", "subject"]
