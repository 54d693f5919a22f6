// new: note_file
// marks: unknown-field

/* One line is about a field that the library leaves out: it is marked. */
void note_file(struct vm_area_struct *vma, bool writable)
{
	struct address_space *mapping = vma->mapping;

	i_mmap_lock_write(mapping);
	if (writable)
		mapping->i_mmap_writable = 1;
	if (mapping->folio)
		mm_dec_nr_ptes(vma->vm_mm);
	i_mmap_unlock_write(mapping);
	mmap_write_lock(vma->vm_mm);
	mmap_write_unlock(vma->vm_mm);
}
