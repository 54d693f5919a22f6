// new: keep
// marks: bad-cast

void keep(struct holder *h, void *data)
{
	struct payload *p = (struct payload *)data;
	unsigned long key;

	key = (unsigned long)p;
	h->low = (u32)h->key;
	h->key = key;
	p->users++;
}
