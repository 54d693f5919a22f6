// new: clear
// marks: unsupported

void clear(struct page_set *set, int n)
{
	memset(set, 0, sizeof(*set));
	set->count = n * sizeof(long);
}
