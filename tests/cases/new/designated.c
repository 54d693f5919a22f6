// new: ask
// marks: local-aggregate

int ask(struct queue *q, int what)
{
	struct request r = {
		.kind = what,
		.flags = REQ_SYNC | REQ_META,
		.queue = q,
	};

	return submit(&r);
}
