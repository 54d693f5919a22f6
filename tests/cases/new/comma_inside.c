// new: odd
// marks: comma-operator

void odd(struct pair *p)
{
	if (p->a++, p->b)
		p->b = 0;
}
