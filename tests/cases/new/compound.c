// new: mix
// marks: none

void mix(struct bits *b, unsigned long mask)
{
	b->flags |= mask << 1;
	b->flags &= ~(mask | FLAG_OLD);
	b->flags ^= b->flags >> 3;
	b->count += b->flags & FLAG_NEW ? 1 : -1;
	b->parity = !!(b->flags & 1);
}
