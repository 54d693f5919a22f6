// new: next_id
// marks: local-aggregate

int next_id(struct pool_of_ids *pool)
{
	static int last;

	spin_lock(&pool->lock);
	last++;
	spin_unlock(&pool->lock);
	return 0;
}
