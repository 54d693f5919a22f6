"""Retry loops that go round for ever, looked for beside the proofs (`prove --liveness`).

::

    Report --tasks--> System of fixed numbers --lassos--> Livelock (a witness with a cycle)
"""
