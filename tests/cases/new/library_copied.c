// new: count_pages
// marks: none

/* mmap_read_lock() is in the library, but its struct has no total_vm. */
unsigned long count_pages(struct mm_struct *mm)
{
	unsigned long pages = 0;

	mmap_read_lock(mm);
	pages += mm->total_vm;
	pages -= mm->locked_vm;
	mmap_read_unlock(mm);
	return pages;
}
