// new: sum
// marks: none

int sum(struct row *row)
{
	int total = 0;

	for (int i = 0; i < 4; ++i)
		total += row->cells[i];
	while (total > 10)
		total -= 10;
	for (;;) {
		if (!more(row))
			break;
		total++;
	}
	return total;
}
