// new: setup
// marks: none

int setup(struct device *dev)
{
	int err;

	mutex_lock(&dev->mutex);
	err = claim_irq(dev);
	if (err)
		goto out;
	err = claim_memory(dev);
	if (err < 0)
		goto out_irq;
	mutex_unlock(&dev->mutex);
	return 0;

out_irq:
	release_irq(dev);
out:
	mutex_unlock(&dev->mutex);
	return err;
}
