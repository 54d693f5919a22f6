"""What diagnostics of ``prove drift`` mean, with an example and a remedy."""

from __future__ import annotations

DRIFT_CODES: dict[str, str] = {
    "drift-nothing": """\
None of the functions that are asked about has been recorded, so nothing was compared.
        prove drift --linux ~/linux mine.khp      (mine.drift has no sums, or is not there)
Give each function a row in the .drift file beside the .khp file, and record the rows:
`prove drift --record --linux DIR FILE` (docs/drift.md).""",
    "drift-revision": """\
The kernel tree has no such revision, or is no git repository.
        prove drift --linux ~/linux --since v6.66
Name a tag or commit that `git rev-parse` knows there, or leave --since out.""",
    "drift-row": """\
A row of a .drift file is malformed, or is there twice.
        retract_page_tables mm/khugepaged.c v6.6
A row is FUNCTION KERNEL-FUNCTION FILE VERSION - - - before it is recorded;
`FUNCTION own` says that no kernel has it.""",
    "drift-source": """\
A file of the kernel tree cannot be compared: it leads out of the tree through a link, is
larger than 4 MiB, is not text, or its brackets do not match.
        mm/rmap.c -> ../../elsewhere/rmap.c
What is in it counts neither as unchanged nor as changed.  Compare with a whole tree.""",
    "drift-tree": """\
The folder is no kernel tree, or its Makefile does not say which version it is.
        prove drift --record --linux ~/linux/mm
Name the folder that has the kernel's topmost Makefile.""",
    "drift-unknown-function": """\
A row of a .drift file is about a function that the .khp file beside it does not define.
        retract_page_tabels retract_page_tables mm/khugepaged.c v6.6 - - -
Give the row the function's name, or delete it: it would compare nothing.""",
}
"""Code -> explanation, of what only :mod:`prover.drift` reports."""
