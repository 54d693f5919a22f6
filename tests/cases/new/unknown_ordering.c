// new: read_pair
// marks: unsupported, unsupported

/* What orders or locks, and is no primitive, must not be passed over. */
int read_pair(struct pair *p)
{
	unsigned int seq;
	int sum;

	do {
		seq = raw_read_seqcount_latch(&p->seq);
		sum = p->a + p->b;
	} while (read_seqcount_latch_retry(&p->seq, seq));
	if (sum < 0)
		reset_pair(p);
	return sum;
}
