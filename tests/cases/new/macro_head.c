// new: start_thing
// marks: none

#define DEFINE_THING(name) int name(void) { return 0; }
DEFINE_THING(other)
EXPORT_SYMBOL(other);

int __init start_thing(void)
{
	return other() + 1;
}
module_init(start_thing);
