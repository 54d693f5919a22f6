// new: queue_wait
// marks: none

struct queue {
	atomic_t val;
	atomic_long_t owners;
	int done;
	struct queue *next;
};

int queue_wait(struct queue *q)
{
	int old = atomic_cond_read_acquire(&q->val, !(VAL & 1));
	long owners = atomic_long_cond_read_relaxed(&q->owners, VAL > 3);
	struct queue *next = smp_cond_load_relaxed(&q->next, (VAL));

	smp_cond_load_acquire(&next->done, VAL == DONE);
	return old && owners;
}
