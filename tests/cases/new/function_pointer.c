// new: close_all
// marks: function-pointer

void close_all(struct file *file, void (*done)(struct file *))
{
	if (file->ops->flush)
		file->ops->flush(file, 0);
	done(file);
}
