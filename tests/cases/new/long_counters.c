// new: account
// marks: none

void account(struct usage *u, long pages)
{
	atomic_long_add(pages, &u->pages);
	atomic64_inc(&u->events);
	if (atomic_long_read(&u->pages) > 100)
		atomic_set(&u->full, 1);
}
