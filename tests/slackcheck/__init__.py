"""Looking at Slack before it is used."""
