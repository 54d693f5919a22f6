// new: f
// refused: new-unbalanced

void f(int x)
{
	if (x) {
		g();
}
