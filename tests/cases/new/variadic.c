// new: log_to
// marks: none

int log_to(struct log *log, const char *fmt, ...)
{
	log->lines++;
	return 0;
}
