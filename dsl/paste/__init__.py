"""From a C function of the kernel to a first `.khp` file: ``prove new``.

::

    text --tokens--> Tokens --locate--> Found --parse--> Body --infer--> types
                                                               --rewrite--> edits of the text

A body is kept as it is written: what must change is an edit of its text, and what the
language does not have is marked.  The checker has the last word: what it refuses is
marked as well (:mod:`dsl.paste.skeleton`).
"""
