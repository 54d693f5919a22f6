"""``prove locks``: lock classes, the orders they are taken in, cycles, and interrupts."""

from __future__ import annotations

from pathlib import Path

import pytest

from prover.cli.entry import main

CASES = Path(__file__).parents[1] / "cases" / "verdict" / "locks"

TEXT = """\
models sc;
rwlock_t a;
struct obj { spinlock_t l class("obj"); };
struct obj o[2];
struct mutex m;
static void handler(void)
{
	read_lock(&a);
	read_unlock(&a);
}
actor one {
	mutex_lock(&m);
	for (int i = 0; i < 2; i++) {
		spin_lock(&o[i].l);
		write_lock(&a);
		write_unlock(&a);
		spin_unlock(&o[i].l);
	}
	mutex_unlock(&m);
}
actor two {
	unsigned long flags;
	rcu_read_lock();
	read_lock_irqsave(&a, flags);
	spin_lock_nested(&o[1].l, 1);
	spin_unlock(&o[1].l);
	if (spin_trylock(&o[0].l))
		spin_unlock(&o[0].l);
	read_unlock_irqrestore(&a, flags);
	rcu_read_unlock();
}
actor three { smp_call_function(handler, true, one); }
scenario s { run one * 2, two, three; }
"""

PRINTED = """\
4 lock classes, 4 orders, 0 cycles, 1 unsafe class; loops unrolled 2 times

class a (rwlock)
  read  handler() f.khp:8; irqs off, hardirq
  write  one f.khp:15; irqs on
  read  two f.khp:24; irqs off, RCU reader

class m (mutex)
  write  one f.khp:12; irqs on

class obj (spinlock)
  write  one f.khp:14; irqs on
  write try  two f.khp:27; irqs off, RCU reader

class obj/1 (spinlock)
  write  two f.khp:25; irqs off, RCU reader

order a -> obj/1
  write  two f.khp:25; irqs off, RCU reader

order m -> a
  write  one f.khp:15; irqs on

order m -> obj
  write  one f.khp:14; irqs on

order obj -> a
  write  one f.khp:15; irqs on

unsafe a: taken in hardirq at
  read  handler() f.khp:8; irqs off, hardirq
and with interrupts on at
  write  one f.khp:15; irqs on
"""

DOT = """\
digraph locks {
	node [shape=box];
	"a" [label="a (spinlock)"];
	"b" [label="b (spinlock)"];
	"a" -> "b" [label="one abba.khp:12 write", color=red];
	"b" -> "a" [label="two abba.khp:19 write", color=red];
}
"""


def shown(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["locks", *arguments]) == 0
    return capsys.readouterr().out


def test_classes_orders_and_contexts(tmp_path, capsys, monkeypatch) -> None:
    (tmp_path / "f.khp").write_text(TEXT)
    monkeypatch.chdir(tmp_path)
    assert shown(capsys, "f.khp") == PRINTED


def test_a_cycle_is_red_in_dot(capsys, monkeypatch) -> None:
    monkeypatch.chdir(CASES)
    assert shown(capsys, "abba.khp", "--format", "dot") == DOT


def test_files_make_one_graph(tmp_path, capsys, monkeypatch) -> None:
    """Two files that are each in order can be out of order together."""
    monkeypatch.chdir(tmp_path)
    body = "spin_lock(&{0}); spin_lock(&{1}); spin_unlock(&{1}); spin_unlock(&{0});"
    for name, pair in (("x.khp", "ab"), ("y.khp", "ba")):
        text = f"spinlock_t a; spinlock_t b; actor {name[0]} {{ {body.format(*pair)} }}"
        (tmp_path / name).write_text(f"{text} scenario s {{ run {name[0]}; }}")
        assert "0 cycles" in shown(capsys, name)
    assert "cycle a -> b -> a\n" in shown(capsys, "x.khp", "y.khp")


def test_a_class_in_itself_is_a_cycle(capsys) -> None:
    assert "\ncycle " in shown(capsys, str(CASES / "same_class.khp"))
    assert "\ncycle " not in shown(capsys, str(CASES / "same_class_nested.khp"))


def test_a_declared_order_on_a_cycle_is_shown_with_its_place(capsys, monkeypatch) -> None:
    monkeypatch.chdir(CASES)
    text = shown(capsys, "declared_order_wrong.khp", "--scenario", "test")
    says = "declared_order_wrong.khp:27, who says so"
    assert f"declared mm.mmap_lock -> folio.lock (on a cycle): {says}" in text.replace(
        "\n    ", " "
    )
    assert "\ncycle folio.lock -> mm.mmap_lock -> folio.lock\n" in text
    assert "declared " not in shown(capsys, "declared_order.khp")
    dot = shown(capsys, "declared_order_wrong.khp", "--scenario", "test", "--format", "dot")
    assert '"mm.mmap_lock" -> "folio.lock" [style=dashed, color=red];' in dot


def expecting(what: str) -> list[Path]:
    texts = {path: path.read_text() for path in sorted(CASES.glob("*.khp"))}
    return [p for p, text in texts.items() if f"expect {what}" in text or f", {what};" in text]


@pytest.mark.parametrize("path", expecting("refuted lock-order"), ids=lambda path: path.stem)
def test_what_is_refuted_has_a_cycle_or_is_unsafe(capsys, path: Path) -> None:
    text = shown(capsys, str(path))
    assert "\ncycle " in text or "\nunsafe " in text


def test_nothing_proved_here_has_a_cycle_that_cannot_be(capsys) -> None:
    """The graph may have more than executions do; in these cases it has only what is known.

    But for who has unlocked a folio that somebody else has locked: that hangs on the execution.
    Nor does it say of readers whether they pass writers that wait.
    """
    ringed = [p.stem for p in expecting("proved") if "\ncycle " in shown(capsys, str(p))]
    assert ringed == [
        "folio_order_locked",
        "folio_order_unlocked",
        "rwlock_recursive_readers_circle_not",
    ]


def test_lines_fit(capsys) -> None:
    for path in ("callback_wants_lock_of_its_cpu.khp", "handler_wants_irq_safe_lock.khp"):
        text = shown(capsys, str(CASES / path))
        assert max(len(line) for line in text.splitlines() if " " in line.strip()) <= 79


def test_what_cannot_be_read_is_a_usage_error(tmp_path, capsys) -> None:
    path = tmp_path / "f.khp"
    path.write_text("actor a { y = 1; } scenario s { run a; }")
    assert main(["locks", str(path)]) == 2
    assert "error[unknown-name]" in capsys.readouterr().err
    assert main(["locks", str(path), "--scenario", "t"]) == 2
    assert main(["locks", str(tmp_path / "none.khp")]) == 2
