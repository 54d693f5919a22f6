"""Executions under a weak memory model: judged, computed anew, and told."""
