// new: touch
// marks: none

void touch(struct mark *m)
{
	/* café “quoted” */
	m->seen = 1; // déjà
}
