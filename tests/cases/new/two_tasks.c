// new: sleeper, waker
// marks: none

int sleeper(struct queue *q)
{
	set_current_state(TASK_INTERRUPTIBLE);
	WRITE_ONCE(q->task, current);
	if (!READ_ONCE(q->done))
		schedule();
	__set_current_state(TASK_RUNNING);
	return 0;
}

void waker(struct queue *q)
{
	struct task_struct *task;

	WRITE_ONCE(q->done, true);
	task = READ_ONCE(q->task);
	if (task)
		wake_up_process(task);
}
