// new: zone_take
// marks: preprocessor, preprocessor, preprocessor

struct zone {
#ifdef CONFIG_SMP
	spinlock_t lock;
	int spins;
#endif
#if BITS_PER_LONG == 64
	u64 size;
#else
	u32 size;
	u32 high;
#endif
	unsigned long free;
};

static unsigned long zone_take(struct zone *z)
{
	unsigned long got;

	spin_lock(&z->lock);
	got = z->free;
	z->free = 0;
#if BITS_PER_LONG == 64
	z->size -= got;
#endif
	z->high = 1;
	spin_unlock(&z->lock);
	return got;
}
