// new: both
// marks: none

void both(struct pair *p)
{
	int i, j;

	p->a = 1, p->b = 2;
	for (i = 0, j = 2; i < j; i++, j--) {
		p->a += i;
	}
}
