"""Small kernel trees, and a protocol with what its functions model."""

from __future__ import annotations

from pathlib import Path

MAKEFILE = "VERSION = 6\nPATCHLEVEL = 6\nSUBLEVEL = 0\nEXTRAVERSION =\nNAME = Nothing\n"
LOCKING = """\
#include <linux/spinlock.h>

static int limit(int x);

/* Takes one. */
static int take(struct box *b)
{
	int got = 0;

	spin_lock(&b->lock);
	if (b->count > 0) {
		b->count--;
		got = 1;
	}
	spin_unlock(&b->lock);
	return got;
}

int drop(struct box *b)
{
	return take(b) ? limit(take(b)) : 0;
}
"""
PROTOCOL = """\
struct box {
	spinlock_t lock;
	int count;
};

static int take(struct box *b)
{
	spin_lock(&b->lock);
	spin_unlock(&b->lock);
	return 1;
}

static int drop(struct box *b)
{
	return take(b);
}

static void fill(struct box *b)
{
}
"""
ROWS = """\
# comment
take take mm/box.c v6.6 - - -
drop drop mm/box.c v6.6 - - -
fill own
"""


def tree(folder: Path, text: str = LOCKING, makefile: str = MAKEFILE) -> Path:
    """A kernel tree with one file."""
    (folder / "linux/mm").mkdir(parents=True)
    (folder / "linux/Makefile").write_text(makefile, encoding="utf-8")
    (folder / "linux/mm/box.c").write_text(text, encoding="utf-8")
    return folder / "linux"


def library(folder: Path, rows: str = ROWS) -> Path:
    """A protocol with its rows."""
    (folder / "box.khp").write_text(PROTOCOL, encoding="utf-8")
    (folder / "box.drift").write_text(rows, encoding="utf-8")
    return folder / "box.khp"
