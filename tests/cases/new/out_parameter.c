// new: pages_of
// marks: none

int pages_of(struct mapping *m)
{
	struct page *page;
	int got;

	got = get_pages(m, 1, &page);
	if (got <= 0)
		return -EFAULT;
	page->seen = 1;
	return 0;
}
