// new: pick
// marks: unsupported, unsupported

int pick(struct box *b, int how)
{
	switch (how) {
	case 0:
		guard(mutex)(&b->lock);
		b->a = 1;
		break;
	case 1:
		b->a = 2;
		break;
	}
	switch (b->b) {
	case 2:
		guard(mutex)(&b->lock);
		b->b = 1;
	}
	if (how)
		goto inside;
	{
		guard(spinlock)(&b->spin);
		b->c = 1;
inside:
		b->c++;
	}
	return 0;
}
