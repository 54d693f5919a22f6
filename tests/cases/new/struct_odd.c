// new: device_reset
// marks: unknown-field, unsupported, unsupported, unsupported, function-pointer, bad-type, unsupported

struct device_ops {
	int (*reset)(struct device *, unsigned int);
};

struct device {
	struct device_ops *ops;
	volatile unsigned int status;
	float level;
	typeof(jiffies) last;
	void (*done)(struct device *dev);
	int (*table)[3];
	void __iomem *base;
	DECLARE_BITMAP(map, 128);
	DECLARE_FLEX_ARRAY(struct page *, pages);
	DEVICE_FIELD(extra, 3);
	DEVICE_FIELDS
	struct_group(both,
		int first;
		int second;
	);
	static_assert(sizeof(int) == 4);
	struct work_struct work;
};

static void device_reset(struct device *dev, struct page *page)
{
	if (!dev->done)
		return;
	set_bit(3, dev->map);
	dev->pages[1] = page;
	dev->first = dev->second;
	dev->status = 1;
	dev->level = 0;
	dev->last = 4;
	dev->table = NULL;
	dev->extra++;
	dev->hidden = readl(dev->base + 8);
	queue_work(&dev->work);
}
