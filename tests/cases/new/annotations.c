// new: take_ref
// marks: none

static __always_inline int __must_check
take_ref(struct thing __rcu *t, unsigned int __maybe_unused flags)
	__must_hold(&t->lock) __acquires(ref)
{
	int __maybe_unused ret = 0;

	if (!refcount_inc_not_zero(&t->refs))
		ret = -EBUSY;
	return ret;
}
