"""Saved executions carried out again by the skeleton of a file that may have changed since."""
