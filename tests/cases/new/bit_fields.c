// new: mark
// marks: bit-field, bit-field, bit-field, bit-field, bit-field, bit-field

struct thing {
	spinlock_t lock;
	unsigned int dirty:1, busy : 2;
	int plain;
	u8 other:4;
	bool flag : 1;
	union {
		struct {
			u8 cold : WIDTH, : 3;
		};
		u8 all;
	};
	struct {
		int plain : 3;
	} list;
};

static int mark(struct thing *t)
{
	int r = 0;

	spin_lock(&t->lock);
	if (!t->dirty) {
		t->dirty = 1;
		t->busy++;
		r = t->plain;
	}
	t->flag = true;
	t->cold = t->list.plain;
	if (t->other == 15)
		t->other++;
	spin_unlock(&t->lock);
	return r;
}
