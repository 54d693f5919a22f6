// new: own_flags
// marks: none

int own_flags(void)
{
	return current->flags & PF_EXITING;
}
