// new: classify
// marks: none

int classify(int n)
{
	if (n < 0)
		return -1;
	else if (n == 0)
		return 0;
	else if (n & 1) {
		return 1;
	} else {
		return 2;
	}
}
