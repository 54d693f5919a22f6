// new: report
// marks: none

void report(struct disk *d)
{
	pr_warn("disk %d: { not closed } \" /* no comment */\n", d->number);
	WARN_ONCE(d->broken, "broken %s\n", "disk");
	if (d->letter == 'x' || d->letter == '\n')
		d->letter = '{';
}
