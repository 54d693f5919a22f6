// new: third
// marks: pointer-arithmetic

int third(int *values, struct row *row)
{
	row->cells[3] = values[2];
	return row->cells[0];
}
