"""Retry loops that can go round for ever: a stem and a cycle in the graph of all configurations.

::

    Compiled, so many actors --explored--> Graph --loops, fair--> Lasso (rules)

docs/adr/0017-retry-loops-for-ever.md says what counts.
"""
