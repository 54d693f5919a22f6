// new: retire
// marks: none

void retire(struct entry *e)
{
	if (e->pinned)
		kfree_rcu(e, rcu);
	else
		call_rcu(&e->rcu, free_entry);
}
