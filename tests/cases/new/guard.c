// new: budget_take
// marks: none

int budget_take(struct budget *b, int wanted)
{
	int given = wanted;

	guard(mutex)(&b->lock);
	if (b->closed)
		return -ESHUTDOWN;
	if (wanted > b->left) {
		/* What is left is read with the lock held. */
		return b->left - wanted;
	}
	if (!wanted)
		return budget_refill(b);
	b->left -= given;
	return given;
}
