// new: rename_shelf
// marks: none

DEFINE_GUARD(shelf, struct shelf *, mutex_lock(&_T->lock), mutex_unlock(&_T->lock))
DEFINE_LOCK_GUARD_0(shelves, mutex_lock(&shelves_lock), mutex_unlock(&shelves_lock))
DEFINE_LOCK_GUARD_1(row, struct row, spin_lock(&_T->lock->spin), spin_unlock(&_T->lock->spin))
DEFINE_FREE(put_name, struct name *, if (_T) name_put(_T))

int rename_shelf(struct shelf *s, struct row *row)
{
	struct name *name __free(put_name) = name_get(row);

	guard(shelves)();
	guard(shelf)(s);
	guard(row)(row);
	if (!name)
		return -ENOMEM;
	s->name = no_free_ptr(name);
	return 0;
}
