"""gocrash: a Slack incident bot for teams that run Go services. Start reading at `bot/diagnose.py`."""
