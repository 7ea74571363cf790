"""The examination of an installation: configuration, environment and data directory enter, one `Check` after another leaves.

Nothing is changed by it: no database is made or migrated, no message is posted, no profile is pulled.
"""
