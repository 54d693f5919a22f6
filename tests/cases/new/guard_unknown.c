// new: report
// marks: unsupported, unsupported, unsupported, unsupported, unsupported, unsupported

int report(struct chip *chip, int fd)
{
	guard(chip_bus)(chip);
	CLASS(fd, f)(fd);
	if (chip->quiet)
		guard(chip_led)(chip);
	scoped_guard(chip_irq, chip) {
		if (chip->gone)
			break;
		if (chip->late)
			return -EIO;
	}
	scoped_guard(chip_power_try, chip)
		chip->state = 1;
	scoped_cond_guard(chip_dma_try, return -EBUSY, chip)
		chip->state = 2;
	return 0;
}
