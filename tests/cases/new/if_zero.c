// new: tick
// marks: preprocessor, preprocessor

void tick(struct clock *c)
{
#if 0
	c->then--;
#else
	c->now++;
#endif
}
