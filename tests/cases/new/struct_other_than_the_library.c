// new: item_add
// marks: none

struct item {
	int value;
	struct list_head node;
};

struct item_list {
	spinlock_t lock;
	struct list_head items;
};

static void item_add(struct item_list *list, struct item *item)
{
	spin_lock(&list->lock);
	list_add(&item->node, &list->items);
	spin_unlock(&list->lock);
}
