"""An invariant of any number of actors in the author's words.

::

    Compiled, Table --gathered--> Together (who can be beside whom, at which values)
             --placed--> Atoms (statements) --read--> sentences
"""
