// new: step
// marks: none

int step(struct machine *m)
{
	switch (m->state) {
	case STATE_IDLE:
		m->state = STATE_BUSY;
		fallthrough;
	case STATE_BUSY:
		return 1;
	default:
		break;
	}
	return 0;
}
