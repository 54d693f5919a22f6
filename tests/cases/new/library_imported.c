// new: unmap_file
// marks: none

/* All that is called is in the library, and so are the fields. */
void unmap_file(struct vm_area_struct *vma)
{
	struct address_space *mapping = vma->mapping;

	i_mmap_lock_write(mapping);
	if (mapping->folio)
		mm_dec_nr_ptes(vma->vm_mm);
	i_mmap_unlock_write(mapping);
}
