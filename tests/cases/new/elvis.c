// new: choose_node
// marks: none

int choose_node(struct policy *p, int home)
{
	return p->node ?: home;
}
