// new: bin_move
// marks: local-aggregate

struct bin {
	struct list_head items;
	BIN_AREA *area;
	struct BIN_AREA *old;
};

static void bin_move(struct bin *from, struct bin *to)
{
	BIN_AREA *area = to->area;
	LIST_HEAD(gone);

	area->at = from->area->at;
	from->old->size = 1;
	list_move(&from->items, &to->items);
	bin_sort(&gone);
}
