// new: clear_stats
// marks: none

static void clear_stats(struct port *port)
{
	port->asked++;
	if (port->down)
		return;

	guard(spinlock_bh)(&port->stats_lock);
	if (!port->stats)
		return;
	port->stats = 0;
	if (port->up) {
		guard(rcu)();
		WRITE_ONCE(port->peer->told, 1);
	}
}
