// new: countdown
// marks: postfix-value

int countdown(struct row *row)
{
	int left = row->left, done = 0;

	while (left--)
		done++;
	return done;
}
