// new: leave_queue
// marks: unsupported

void leave_queue(struct queue *queue, struct waiter *waiter)
{
	unsigned long flags;

	set_special_state(TASK_INTERRUPTIBLE);
	if (waiter->mode & MODE_EXCLUSIVE)
		return;
	spin_lock_irqsave(&queue->lock, flags);
	list_del_init(&waiter->entry);
	spin_unlock_irqrestore(&queue->lock, flags);
}
