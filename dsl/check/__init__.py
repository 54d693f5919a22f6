"""The checker: syntax to protocol.

Names are resolved over all files (:mod:`~dsl.check.names`), types declared
(:mod:`~dsl.check.declarations`, :mod:`~dsl.check.objects`), bodies checked
(:mod:`~dsl.check.bodies`), then what only whole programs show: addresses of locals
(:mod:`~dsl.check.outparameters`), recursion and size (:mod:`~dsl.check.callgraph`),
claims, scenarios and variants.
"""

from dsl.check.program import check

__all__ = ["check"]
