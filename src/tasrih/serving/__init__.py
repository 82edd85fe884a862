"""The web page and the HTTP API: one process, loopback by default, nothing kept of what is read."""
