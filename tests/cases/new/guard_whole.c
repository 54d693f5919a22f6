// new: line_event_enable
// marks: none

/* In the manner of a driver with a mutex for its settings and RCU for its chip. */
static int line_event_enable(struct line_state *ls, struct line_request *req)
{
	unsigned long wanted = req->flags;
	struct line_chip *chip;
	struct line *line;
	int ret, i;

	guard(srcu)(&ls->srcu);

	chip = rcu_dereference(ls->chip);
	if (!chip)
		return -ENODEV;

	scoped_guard(mutex, &ls->config_lock) {
		if (ls->busy)
			return -EBUSY;
		ls->busy = true;
	}

	for (i = 0; i < ls->nr_lines; i++) {
		line = &ls->lines[i];
		guard(spinlock_irqsave)(&line->lock);
		if (!test_bit(FLAG_USED, &line->flags))
			continue;
		ret = chip_set_flags(chip, i, wanted);
		if (ret)
			goto err_clear;
		WRITE_ONCE(line->events, wanted);
	}

	return line_event_start(ls);

err_clear:
	scoped_guard(mutex, &ls->config_lock)
		ls->busy = false;
	return ret;
}
