"""Kernel functions compared with what they were when their models were made: ``prove drift``.

::

    khugepaged.khp ---functions-->  Origin  <--rows--- khugepaged.drift
                                      |
    kernel tree ---definitions-->  Finding: unchanged, changed, gone, moved

Nothing of the kernel is kept but sums (docs/adr/0012): of the words of each function, and short
ones of its lines, by which a later run tells what changed.
"""
