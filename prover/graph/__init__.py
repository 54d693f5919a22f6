"""From a checked protocol to acyclic control-flow graphs."""

from __future__ import annotations

from collections.abc import Mapping

from dsl.protocol import Protocol
from dsl.unbounded import needs_numbers
from prover.graph.instances import each_its_own
from prover.graph.instructions import change_graphs
from prover.graph.ir import Cfg, Program
from prover.graph.kept import Kept
from prover.graph.lower import lower_others, setting_of
from prover.graph.simplify import Shortcuts, simplify, simplify_cfg
from prover.graph.split_words import split_words
from prover.graph.unroll import loops, unroll


def compile_program(
    protocol: Protocol,
    scenario: str,
    configuration: Mapping[str, str],
    bound: int,
    kept: Kept | None = None,
    *,
    waiting: bool = True,
    shortcuts: Shortcuts = "straight",
) -> Program:
    """The acyclic program of one scenario in one configuration, with loops cut at ``bound``.

    ``waiting``: awaits are told from other loops, and not cut.

    Raises DiagnosticError for a scenario of any number of actors, or for ever, which has none.
    What has loops is simplified twice: before unrolling so that there is less to copy, and
    after it because a copy knows which round it is in.  ``kept`` has graphs that are finished,
    and gets those that are made.
    """
    # What is kept has its awaits told apart.
    needs_numbers(protocol.scenarios[scenario])
    kept = Kept() if kept is None or not waiting or shortcuts != "straight" else kept
    setting = setting_of(protocol, scenario, configuration, bound)
    origins = {actor: kept.origin(setting, actor) for actor in setting.instances}
    found = {actor: kept.find(origin) for actor, origin in origins.items()}
    finished = {actor: graph for actor, graph in found.items() if graph is not None}
    done = frozenset(map(id, finished.values()))
    lowered = lower_others(setting, scenario, finished, kept.notes)
    space = lowered.layout.space

    def plainest(cfg: Cfg) -> Cfg:
        return simplify_cfg(cfg, space, shortcuts="all")

    def unrolled(cfg: Cfg) -> Cfg:
        if not loops(cfg):
            return cfg
        rounds = unroll(cfg, bound, waiting=waiting, plainest=plainest)
        return simplify_cfg(rounds, space, shortcuts=shortcuts)

    halves = split_words(lowered, done)
    program = change_graphs(simplify(halves, done, shortcuts=shortcuts), unrolled, done=done)
    made = {a.symmetry: a.graph for a in program.actors if a.symmetry not in finished}
    for actor, graph in made.items():
        kept.keep(origins[actor], graph)
    owners = {actor for actor in setting.instances if protocol.actors[actor].parameters}
    return each_its_own(program, owners, shortcuts) if owners else program
