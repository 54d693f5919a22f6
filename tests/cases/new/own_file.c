// new: run_engine
// marks: none

#define LIMIT 16
enum phase { PHASE_OFF, PHASE_ON = 4, PHASE_LAST };

static bool may_run(struct engine *e, enum phase phase)
{
	return e->phase == phase;
}

int run_engine(struct engine *e)
{
	if (!may_run(e, PHASE_ON) || e->load > LIMIT)
		return PHASE_LAST;
	e->phase = PHASE_OFF;
	return 0;
}
