// new: depth
// marks: recursion

int depth(struct tree *t)
{
	int left = 0;

	if (t->left)
		left = depth(t->left);
	return left + 1;
}
