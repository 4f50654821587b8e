"""The errors that marrowtext raises. No message ever holds report text."""

__all__ = ["CorpusError", "InputError", "MarkupError", "MarrowtextError", "RuleError"]


class MarrowtextError(Exception):
    """Base of all errors that marrowtext raises on purpose; the message is meant for the user."""


class InputError(MarrowtextError):
    """An input or output file cannot be used; the message names the file and the remedy."""


class RuleError(MarrowtextError):
    """A pattern file is wrong; the message names file, rule and key."""


class MarkupError(MarrowtextError):
    """The inline markup of an example is malformed."""


class CorpusError(MarrowtextError):
    """A gold corpus does not hold what it says; the message names the file, the report and the field."""
