// new: handle_put
// marks: none

typedef unsigned int handle_id;
typedef handle_id slot_id;
typedef int (*handle_fn)(int);

typedef struct {
	spinlock_t lock;
	slot_id id;
	int spare;
} handle_t;

typedef struct node node_t;

struct node {
	node_t *next;
	handle_t *handle;
	handle_fn fn;
};

static slot_id handle_put(node_t *n, handle_t *h)
{
	slot_id id;

	spin_lock(&h->lock);
	id = h->id;
	n->next->handle = h;
	spin_unlock(&h->lock);
	return id;
}
