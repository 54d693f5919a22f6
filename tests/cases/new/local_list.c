// new: drain
// marks: local-aggregate

void drain(struct box *box)
{
	LIST_HEAD(old);

	spin_lock_irq(&box->lock);
	list_splice_init(&box->items, &old);
	spin_unlock_irq(&box->lock);
	dispose(&old);
}
