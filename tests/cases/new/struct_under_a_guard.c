// new: gate_open
// marks: bit-field

struct gate {
	struct mutex mutex;
	unsigned int open : 1;
	int spare;
};

static void gate_open(struct gate *g)
{
	guard(mutex)(&g->mutex);
	g->open = 1;
}
