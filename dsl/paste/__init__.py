"""From a C function of the kernel to a first `.khp` file: ``prove new``.

::

    text --tokens--> Tokens --locate--> Found --parse--> Body --infer--> types
                                                               --rewrite--> edits of the text

Guards (``guard(mutex)(&x);``) are written out first, as calls in a text of its own
(:mod:`dsl.paste.unfold`); places in that lead back to the file.

A body is kept as it is written: what must change is an edit of its text, and what the
language does not have is marked.  The checker has the last word: what it refuses is
marked as well (:mod:`dsl.paste.skeleton`).
"""
