"""amends: spots mistakes a company caused and requests it ignored, and sees that a person answers first."""

__version__ = "0.1.0"
