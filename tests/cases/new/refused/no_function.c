// new: fob
// refused: new-no-function

void foo(int x)
{
	g();
}
void fob(int x);
