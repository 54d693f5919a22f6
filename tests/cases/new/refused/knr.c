// new: f
// refused: new-no-function

/* Parameters are declared behind the parentheses. */
int f(a, b)
	int a;
	char *b;
{
	return a;
}
