"""Channels that carry a token: the clients' own, and the plugin for any other."""
