"""Slack: what is said there and heard from there."""
