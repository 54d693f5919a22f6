// new: first_old
// marks: none

struct item *first_old(struct box *box)
{
	struct item *item, *next;

	list_for_each_entry(item, &box->items, link) {
		if (item->age > 3)
			return item;
	}
	list_for_each_entry_safe(item, next, &box->items, link)
		drop_item(item);
	return NULL;
}
