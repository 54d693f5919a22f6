// new: tick
// marks: preprocessor, preprocessor, preprocessor

void tick(struct clock *c)
{
#ifdef CONFIG_SMP
	spin_lock(&c->lock);
#else
	local_irq_disable();
	if (c->broken) {
#endif
	c->now++;
#ifdef CONFIG_SMP
	spin_unlock(&c->lock);
#endif
}
