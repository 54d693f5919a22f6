// new: span_of
// marks: local-aggregate, return-value

struct span span_of(struct map *map)
{
	struct span found;

	found.start = map->start;
	found.end = map->end;
	return found;
}
