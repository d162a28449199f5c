"""The handbook: a rule-based engineer that answers where no language model is configured."""

from mechagents.models.handbook.model import Handbook

__all__ = ["Handbook"]
