// new: kind
// marks: unsupported

int kind(int c)
{
	switch (c) {
	case 1 ... 9:
		return 1;
	case 10:
		return 2;
	}
	return 0;
}
