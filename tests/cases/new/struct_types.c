// new: queue_push
// marks: none

#define SLOTS 4

struct entry {
	u64 unused_first;
	struct list_head node;
	struct entry __rcu *next;
	struct rcu_head rcu;
	const char *name;
	refcount_t refs;
};

enum queue_state { QUEUE_IDLE, QUEUE_BUSY };

struct queue_stats {
	unsigned long pushed, dropped;
};

struct queue {
	struct mutex mutex ____cacheline_aligned_in_smp;
	raw_spinlock_t lock;
	struct rw_semaphore sem;
	atomic_t count __aligned(8);
	atomic64_t bytes;
	unsigned users;
	bool dead;
	long long unsigned stamp;
	unsigned short int ports[SLOTS], *extra;
	struct entry *slots[SLOTS];
	struct entry *head, **tail;
	struct queue_stats stats;
	enum queue_state state;
	__u32 __counted;
	pid_t owner;
	void *private;
	u8 data[] __counted_by(users);
} __randomize_layout;

static u8 *queue_push(struct queue *q, struct entry *e, unsigned int slot)
{
	unsigned short *port = q->ports;
	struct entry *last;

	mutex_lock(&q->mutex);
	raw_spin_lock(&q->lock);
	if (q->dead || q->state == QUEUE_BUSY || slot >= SLOTS) {
		raw_spin_unlock(&q->lock);
		mutex_unlock(&q->mutex);
		return NULL;
	}
	atomic_inc(&q->count);
	atomic64_add(4, &q->bytes);
	q->users++;
	q->stamp = q->__counted;
	q->stats.pushed++;
	*port = 1;
	last = q->slots[slot];
	q->slots[slot] = e;
	if (last && refcount_dec_and_test(&last->refs))
		kfree_rcu(last, rcu);
	rcu_assign_pointer(e->next, q->head);
	q->head = e;
	*q->tail = e;
	if (q->owner == 1)
		announce(q->private, e->name);
	raw_spin_unlock(&q->lock);
	mutex_unlock(&q->mutex);
	return q->stamp ? q->data : NULL;
}
