"""Slack as something that runs, over a real socket."""
