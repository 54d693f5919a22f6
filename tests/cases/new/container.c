// new: entry_of
// marks: none

struct sock_entry *entry_of(spinlock_t *lock)
{
	return container_of(lock, struct sock_entry, lock);
}
