// new: frame_set
// marks: unsupported, unsupported, unsupported

union key {
	u64 whole;
	u32 half;
};

struct frame {
	unsigned long flags;
	union {
		struct {
			struct frame *next;
			int order;
		};
		u64 packed;
		u64 other;
	};
	union {
		int alone;
		long unused;
	};
	union {
		spinlock_t lock;
		long word;
	} inner;
	struct {
		int count;
		struct {
			bool set;
		} deep;
	} stats, per_cpu[2];
	union key key;
	struct tagged {
		int value;
	} tag;
	struct { int one; } __packed;
};

static void frame_set(struct frame *f, struct tagged *t)
{
	spin_lock(&f->inner.lock);
	f->order = f->packed;
	f->alone = 1;
	f->stats.count++;
	f->stats.deep.set = true;
	f->per_cpu[1].count = f->one;
	f->key.whole = 1;
	f->tag.value = t->value;
	f->next = f;
	spin_unlock(&f->inner.lock);
}
