// new: f, g, f
// refused: new-twice

void f(int *x)
{
}

void g(int *x)
{
}
