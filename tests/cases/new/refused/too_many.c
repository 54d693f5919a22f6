// new: a, b, c, d, e, f, g, h, i
// refused: new-many

void a(int *x)
{
}
