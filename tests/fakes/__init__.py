"""Servers the tests run for themselves: a real Dovecot for the mailbox, a small Slack for the chat."""
