// new: commit_region
// marks: none

int commit_region(struct region *r)
{
	int rc;

	ACQUIRE(rwsem_write_kill, sem)(&r->sem);
	if ((rc = ACQUIRE_ERR(rwsem_write_kill, &sem)))
		return rc;
	ACQUIRE(mutex_try, lock)(&r->lock);
	rc = ACQUIRE_ERR(mutex_try, &lock);
	if (rc)
		return rc;
	r->state = 2;
	return 0;
}
