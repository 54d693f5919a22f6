// new: flush_thread
// marks: unknown-field

int flush_thread(void *data)
{
	struct flusher *flusher = data;

	while (!kthread_should_stop()) {
		set_current_state(TASK_INTERRUPTIBLE);
		if (!READ_ONCE(flusher->work) && !kthread_should_stop())
			schedule();
		__set_current_state(TASK_RUNNING);
		spin_lock(&flusher->lock);
		flusher->pid = current->pid;
		flusher->work = 0;
		spin_unlock(&flusher->lock);
	}
	return 0;
}
