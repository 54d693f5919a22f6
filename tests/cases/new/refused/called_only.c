// new: g
// refused: new-no-function

void foo(int x)
{
	g();
}
