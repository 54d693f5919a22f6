// new: lock_chain
// marks: none

int lock_chain(struct node *n, int depth)
{
	struct node *first = n;

	guard(mutex)(&n->lock);
	guard(mutex)(&first->owner->lock);
	guard(spinlock)(&node_table[depth].lock);
	while (n->parent) {
		guard(spinlock)(&first->list_lock);
		n = n->parent;
		n->seen++;
	}
	return n->seen;
}
