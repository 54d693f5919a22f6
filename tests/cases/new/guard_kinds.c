// new: all_of_them
// marks: none

void all_of_them(struct dev *d)
{
	{
		guard(raw_spinlock)(&d->raw);
		d->a++;
	}
	{
		guard(spinlock_irq)(&d->spin);
		d->a++;
	}
	{
		guard(raw_spinlock_irqsave)(&d->raw);
		guard(spinlock_irqsave)(&d->spin);
		d->a++;
	}
	{
		guard(rwsem_read)(&d->sem);
		guard(srcu)(&d->srcu);
		guard(preempt)();
		d->b++;
	}
	{
		guard(rwsem_write)(&d->sem);
		d->b++;
	}
	{
		guard(irqsave)();
		guard(read_lock)(&d->rw);
		d->c++;
	}
	{
		guard(irq)();
		guard(write_lock)(&d->rw);
		d->c++;
	}
	guard(write_lock_irqsave)(&d->rw);
	d->c++;
}
