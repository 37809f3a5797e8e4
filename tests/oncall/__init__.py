"""On-call as something that is kept up."""
