// new: wait_for_slot
// marks: unknown-field

void wait_for_slot(struct slot *slot)
{
	slot->waiter = current;
	slot->priority = current->prio;
	for (;;) {
		set_current_state(TASK_UNINTERRUPTIBLE);
		if (READ_ONCE(slot->free))
			break;
		schedule();
	}
	__set_current_state(TASK_RUNNING);
}
