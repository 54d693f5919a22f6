"""Scenarios of any number of actors decided: proved by views, refuted by numbers of actors."""
