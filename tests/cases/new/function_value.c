// new: arm
// marks: bad-operand, unknown-name

static void fire(struct timer *t)
{
	t->fired++;
}

/* Functions as values: of the file, and the function itself. */
void arm(struct timer *t, void *unused)
{
	t->handler = arm;
	t->callback = fire;
	t->armed = true;
}
