// new: swap_ends
// marks: unsupported

void swap_ends(struct span *s)
{
	typeof(s->start) old = s->start;

	s->start = s->end;
	s->end = old;
}
