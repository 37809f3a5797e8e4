"""The demo as a page."""
