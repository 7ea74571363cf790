"""Where evidence comes from: live targets, files, bundles, logs. What cannot be had is a `CollectFailure`, never an exception."""
