// new: write_all
// marks: none

int write_all(struct log *log)
{
	if (mutex_lock_killable(&log->mutex))
		return -EINTR;
	write_lock_irq(&log->tail_lock);
	log->lines = 0;
	write_unlock_irq(&log->tail_lock);
	mutex_unlock(&log->mutex);
	return 0;
}
