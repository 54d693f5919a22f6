// new: put_both
// marks: none

/* One function, called with pointers to different structs: a stub for each. */
void put_both(struct file *file, struct inode *inode)
{
	if (IS_ERR(file) || IS_ERR(inode))
		return;
	file->users--;
	inode->users--;
}
