// new: drain
// marks: none

int drain(struct queue *q, int most)
{
	struct item *item;
	int done = 0;

	for (;;) {
		guard(spinlock)(&q->lock);
		if (done == most)
			break;
		item = q->head;
		if (!item)
			goto out;
		if (item->busy)
			continue;
		q->head = item->next;
		switch (item->kind) {
		case 1: {
			guard(mutex)(&item->lock);
			if (item->dead)
				break;
			if (item->late)
				continue;
			if (item->last)
				return item->value;
			item->value++;
			break;
		}
		default:
			break;
		}
		done++;
	}
	return done;
out:
	return -EAGAIN;
}
