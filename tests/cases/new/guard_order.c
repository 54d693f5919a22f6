// new: move_entry
// marks: none

int move_entry(struct dir *from, struct dir *to, int id)
{
	guard(rwsem_read)(&from->sb->umount);
	guard(mutex)(&from->lock);
	guard(mutex)(&to->lock);

	if (from->dead || to->dead)
		return -ENOENT;
again:
	if (from->count) {
		guard(spinlock)(&from->sb->ids);
		if (from->id != id) {
			from->id = id;
			goto again;
		}
	}
	from->count--;
	to->count++;
	return 0;
}
