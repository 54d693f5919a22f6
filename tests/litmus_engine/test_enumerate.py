"""The enumerator of litmus tests against what is known of small tests."""

from __future__ import annotations

from dsl.litmus.syntax import (
    Assign,
    Binary,
    Block,
    Call,
    Condition,
    Conjunction,
    Deref,
    Equal,
    Evaluate,
    Expr,
    FinalLocation,
    FinalRegister,
    If,
    Initial,
    Litmus,
    Name,
    Number,
    Parameter,
    Process,
    Stmt,
)
from dsl.source import Span
from prover.litmus.enumerate import candidates, outcomes
from prover.models.algebra import (
    ACYCLIC,
    EMPTY,
    Axiom,
    Base,
    Intersection,
    MemoryModel,
    Relation,
    Sequence,
    union,
)
from prover.models.algebra import Inverse as Inv

AT = Span("t.litmus", 0, 0)
RF, CO, RMW, PO, EXT = (Base(name) for name in ("rf", "co", "rmw", "po", "ext"))
FR = Sequence(Inv(RF), CO)
PO_LOC = Intersection(PO, Base("loc"))
ATOMIC = Axiom(
    "atomic", EMPTY, Intersection(RMW, Sequence(Intersection(FR, EXT), Intersection(CO, EXT)))
)


def model(*order: Relation) -> MemoryModel:
    return MemoryModel("m", (), (Axiom("order", ACYCLIC, union(RF, CO, FR, *order)), ATOMIC), None)


SC = model(PO)
WEAK = model(PO_LOC)
DEPENDENT = model(PO_LOC, Base("data"), Base("ctrl"), Base("addr"))


def call(name: str, *arguments: Expr, tags: tuple[str, ...] = ()) -> Call:
    return Call(name, arguments, AT, tags)


def name(text: str) -> Name:
    return Name(text, AT)


def number(value: int) -> Number:
    return Number(value, AT)


def load(register: str, place: str) -> Stmt:
    return let(register, call("__load", Deref(name(place), AT), tags=("ONCE",)))


def store(place: str, value: Expr | int) -> Stmt:
    stored = number(value) if isinstance(value, int) else value
    return Evaluate(call("__store", Deref(name(place), AT), stored, tags=("ONCE",)), AT)


def let(register: str, value: Expr) -> Stmt:
    return Assign(name(register), value, AT)


def does(operation: str, *arguments: Expr) -> Stmt:
    return Evaluate(call(operation, *arguments), AT)


def when(condition: Expr, *body: Stmt) -> Stmt:
    return If(condition, Block(body, AT), Block((), AT), AT)


def register(process: int, text: str, value: int | str) -> Condition:
    return Equal(FinalRegister(process, text), value, AT)


def place(text: str, value: int | str) -> Condition:
    return Equal(FinalLocation(text), value, AT)


def litmus(
    *bodies: tuple[Stmt, ...],
    asked: tuple[Condition, ...],
    initial: tuple[tuple[str, int | str], ...] = (),
    only: Condition | None = None,
) -> Litmus:
    parameters = tuple(Parameter(one, "int", AT) for one in ("x", "y", "p"))
    return Litmus(
        name="t",
        initial=tuple(Initial(-1, place, value, "int", AT) for place, value in initial),
        processes=tuple(
            Process(i, parameters, Block(body, AT), AT) for i, body in enumerate(bodies)
        ),
        quantifier="exists",
        condition=Conjunction(asked),
        filter=only,
        locations=(),
    )


def counted(test: Litmus, judge: MemoryModel) -> tuple[str, int, int]:
    seen = outcomes(test, judge)
    assert outcomes(test, judge, coherent=False) == seen
    return seen.verdict, seen.positive, seen.negative


STORE_BUFFERING = litmus(
    (store("x", 1), load("r0", "y")),
    (store("y", 1), load("r0", "x")),
    asked=(register(0, "r0", 0), register(1, "r0", 0)),
)


def test_store_buffering_depends_on_the_model() -> None:
    assert counted(STORE_BUFFERING, SC) == ("Never", 0, 3)
    assert counted(STORE_BUFFERING, WEAK) == ("Sometimes", 1, 3)


def test_incoherent_candidates_are_there_for_who_asks() -> None:
    stale = litmus((store("x", 1), load("r0", "x")), asked=(register(0, "r0", 0),))
    assert len(list(candidates(stale))) == 1
    assert len(list(candidates(stale, coherent=False))) == 2


def test_a_filter_leaves_executions_out() -> None:
    test = litmus(
        *((store("x", 1),), (load("r0", "x"),)),
        asked=(register(1, "r0", 1),),
        only=register(1, "r0", 1),
    )
    assert counted(test, SC) == ("Always", 1, 0)


def test_values_that_only_go_in_a_circle_equal_nothing() -> None:
    bodies = (
        (load("r0", "x"), store("y", name("r0"))),
        (load("r0", "y"), store("x", name("r0"))),
    )
    zeros = litmus(*bodies, asked=(register(0, "r0", 0), register(1, "r0", 0)))
    assert counted(zeros, WEAK) == ("Sometimes", 3, 1)
    assert counted(zeros, DEPENDENT) == ("Always", 3, 0)


def test_values_that_grow_in_a_circle_are_discarded() -> None:
    more = Binary("+", name("r0"), number(1), AT)
    test = litmus(
        (load("r0", "x"), store("y", more)),
        (load("r0", "y"), store("x", more)),
        asked=(register(0, "r0", 1),),
    )
    assert counted(test, WEAK) == ("Sometimes", 1, 2)


def test_a_control_dependency_ends_with_its_branches() -> None:
    other = (load("r0", "y"), store("x", name("r0")))
    asked = (register(0, "r0", 1), register(1, "r0", 1))
    inside = litmus((load("r0", "x"), when(name("r0"), store("y", 1))), other, asked=asked)
    behind = litmus((load("r0", "x"), when(name("r0")), store("y", 1)), other, asked=asked)
    assert outcomes(inside, DEPENDENT).verdict == "Never"
    assert outcomes(behind, DEPENDENT).verdict == "Sometimes"


def test_an_address_comes_from_a_read_and_orders() -> None:
    reader = (load("r0", "p"), load("r1", "r0"))
    asked = (register(1, "r0", "x"), register(1, "r1", 0))
    writer = (store("x", 1), store("p", name("x")))
    test = litmus(writer, reader, asked=asked, initial=(("p", "y"),))
    assert counted(test, SC) == ("Never", 0, 2)
    assert counted(test, DEPENDENT) == ("Sometimes", 1, 2)


def test_nothing_is_read_through_what_is_no_address() -> None:
    test = litmus((load("r0", "p"), load("r1", "r0")), asked=(register(0, "r1", 0),))
    assert list(candidates(test)) == []


def test_atomic_additions_lose_nothing() -> None:
    add = does("__atomic_op", name("x"), name("+"), number(1))
    assert counted(litmus((add,), (add,), asked=(place("x", 2),)), WEAK) == ("Always", 2, 0)


def test_an_exchange_that_fails_is_a_read() -> None:
    swap = let("r0", call("__cmpxchg", name("x"), number(0), number(1)))
    test = litmus((swap,), (swap,), asked=(register(0, "r0", 0), register(1, "r0", 0)))
    assert counted(test, WEAK) == ("Never", 0, 2)
    failed = [one for one in candidates(test) if len(one.structure.relations["rmw"]) == 1]
    assert all(len(one.structure.sets["RMW"]) == 3 for one in failed)


def test_an_addition_stops_at_its_limit() -> None:
    add = let("r0", call("__atomic_add_unless", name("x"), number(1), number(1)))
    test = litmus((add,), (add,), asked=(register(0, "r0", 1), register(1, "r0", 0)))
    assert counted(test, WEAK) == ("Sometimes", 1, 1)


LOCK, UNLOCK = does("__lock", name("x")), does("__unlock", name("x"))


def test_a_lock_excludes() -> None:
    section = (LOCK, load("r0", "y"), store("y", Binary("+", name("r0"), number(1), AT)), UNLOCK)
    test = litmus(section, section, asked=(place("y", 2),))
    assert counted(test, SC) == ("Always", 2, 0)


def test_taking_a_lock_twice_has_no_execution() -> None:
    assert counted(litmus((LOCK, LOCK, UNLOCK), asked=()), WEAK) == ("Never", 0, 0)


def test_one_of_two_tries_gets_the_lock() -> None:
    attempt = let("r0", call("__trylock", name("x")))
    test = litmus((attempt,), (attempt,), asked=(register(0, "r0", 1), register(1, "r0", 0)))
    assert counted(test, WEAK) == ("Sometimes", 1, 1)


def test_the_holder_sees_its_lock_taken() -> None:
    look = call("__islocked", name("x"))
    body = (let("r0", look), LOCK, let("r1", look), UNLOCK, let("r2", look))
    asked = (register(0, "r0", 0), register(0, "r1", 1), register(0, "r2", 0))
    assert counted(litmus(body, asked=asked), WEAK) == ("Always", 1, 0)


def test_an_srcu_lock_is_a_read_tied_to_its_unlock() -> None:
    enter = let("r0", call("__load", Deref(name("x"), AT), tags=("srcu-lock",)))
    leave = Evaluate(call("__store", Deref(name("x"), AT), name("r0"), tags=("srcu-unlock",)), AT)
    wait = Evaluate(call("__srcu", name("x"), tags=("sync-srcu",)), AT)
    (found,) = candidates(litmus((enter, leave, wait), asked=()))
    sets, relations = found.structure.sets, found.structure.relations
    (locked,), (unlocked,), (waited,) = (
        sets[tag] for tag in ("Srcu-lock", "Srcu-unlock", "Sync-srcu")
    )
    assert relations["data"] == {(locked, unlocked)}
    assert {(locked, waited), (waited, unlocked)} <= relations["loc"]
    assert waited in sets["F"] and waited not in sets["M"]
    assert (locked, unlocked) in relations["same-value"]


def test_initial_and_final_writes() -> None:
    (found,) = candidates(litmus((store("x", 1), store("x", 2)), asked=()))
    kept = {found.facts[i].location: found.facts[i].value for i in found.structure.sets["FW"]}
    assert kept == {"x": 2, "y": 0, "p": 0}
    assert len(found.structure.sets["IW"]) == 3
