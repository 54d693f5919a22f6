// new: f
// refused: unterminated-comment

void f(int x)
{
	g(); /* never closed
}
