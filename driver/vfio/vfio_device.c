/* SPDX-License-Identifier: BSD-2-Clause */
/* One device: its file, config space, BAR 0, bus mastering, reset. */
#include <errno.h>
#include <linux/pci_regs.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <ringlib/log.h>

#include "driver/vfio/vfio_priv.h"

int vfio_config_read(struct rld_nic *nic, uint32_t offset, void *value, size_t bytes)
{
	const struct vfio_nic *v = to_vfio_nic(nic);

	if (offset > v->config_bytes || bytes > v->config_bytes - offset)
		return -EIO;
	if (pread(v->fd, value, bytes, (off_t)(v->config_offset + offset)) != (ssize_t)bytes)
		return -EIO;
	return 0;
}

int vfio_config_write(struct rld_nic *nic, uint32_t offset, const void *value, size_t bytes)
{
	const struct vfio_nic *v = to_vfio_nic(nic);

	if (offset > v->config_bytes || bytes > v->config_bytes - offset)
		return -EIO;
	if (pwrite(v->fd, value, bytes, (off_t)(v->config_offset + offset)) != (ssize_t)bytes)
		return -EIO;
	return 0;
}

/* Let the device do DMA and send message interrupts, or not. Silent. */
int vfio_bus_master(struct rld_nic *nic, bool on)
{
	uint16_t command;
	int err;

	err = vfio_config_read(nic, PCI_COMMAND, &command, sizeof(command));
	if (err)
		return err;
	/* Memory decoding stays on: without it an access to the mapped BAR is a bus error. */
	command |= PCI_COMMAND_MEMORY;
	if (on)
		command |= PCI_COMMAND_MASTER;
	else
		command &= (uint16_t)~PCI_COMMAND_MASTER;
	return vfio_config_write(nic, PCI_COMMAND, &command, sizeof(command));
}

static int get_region(const struct vfio_nic *nic, unsigned int index, struct vfio_region_info *info)
{
	*info = (struct vfio_region_info){.argsz = sizeof(*info), .index = index};
	return vfio_ioctl(nic->fd, VFIO_DEVICE_GET_REGION_INFO, info);
}

static int open_config(struct vfio_nic *nic)
{
	const char *name = nic->base.name;
	struct vfio_region_info info;
	uint16_t ids[2];
	int err;

	err = get_region(nic, VFIO_PCI_CONFIG_REGION_INDEX, &info);
	if (err)
		return vfio_fail(name, "cannot find its config space", err);
	nic->config_offset = info.offset;
	nic->config_bytes = info.size;
	/* PCI_VENDOR_ID, and PCI_DEVICE_ID behind it. */
	err = vfio_config_read(&nic->base, PCI_VENDOR_ID, ids, sizeof(ids));
	if (err)
		return vfio_fail(name, "cannot read its config space", err);
	if (ids[0] == 0xffff) {
		rlb_log(ERR, "%s: does not answer: unplugged, or switched off; see: dmesg", name);
		return -ENODEV;
	}
	nic->base.vendor_id = ids[0];
	nic->base.device_id = ids[1];
	return 0;
}

static int map_bar(struct vfio_nic *nic)
{
	const char *name = nic->base.name;
	struct vfio_region_info info;
	int err;

	err = get_region(nic, VFIO_PCI_BAR0_REGION_INDEX, &info);
	if (err)
		return vfio_fail(name, "cannot find BAR 0", err);
	if (info.size == 0 || info.size > UINT32_MAX ||
	    !(info.flags & VFIO_REGION_INFO_FLAG_MMAP)) {
		rlb_log(ERR,
			"%s: no driver for device %04x:%04x, whose BAR 0 (%llu bytes) holds no "
			"registers that can be mapped; see what it is: lspci -v -s %s",
			name, nic->base.vendor_id, nic->base.device_id,
			(unsigned long long)info.size, name);
		return -ENOTSUP;
	}
	nic->bar = mmap(NULL, info.size, PROT_READ | PROT_WRITE, MAP_SHARED, nic->fd,
			(off_t)info.offset);
	if (nic->bar == MAP_FAILED)
		return vfio_fail(name, "cannot map BAR 0", -errno);
	nic->base.regs_bytes = (uint32_t)info.size;
	return 0;
}

static int get_device(struct vfio_nic *nic)
{
	struct vfio_device_info info = {.argsz = sizeof(info)};
	const char *name = nic->base.name;
	int err;

	nic->fd = vfio_ioctl(nic->group->fd, VFIO_GROUP_GET_DEVICE_FD, nic->base.name);
	if (nic->fd < 0)
		return vfio_fail(name, "cannot get it out of its group", nic->fd);
	err = vfio_ioctl(nic->fd, VFIO_DEVICE_GET_INFO, &info);
	if (err) {
		close(nic->fd);
		return vfio_fail(name, "cannot read what it can do", err);
	}
	nic->can_reset = info.flags & VFIO_DEVICE_FLAGS_RESET;
	return 0;
}

int vfio_device_open(struct vfio_nic *nic)
{
	int err;

	err = get_device(nic);
	if (err)
		return err;
	err = open_config(nic);
	if (err)
		goto err_close;
	err = map_bar(nic);
	if (err)
		goto err_close;
	/* It may still be running on rings of a process that was killed, at addresses now ours. */
	err = vfio_bus_master(&nic->base, false);
	if (err) {
		vfio_fail(nic->base.name, "cannot keep it off the bus", err);
		goto err_unmap;
	}
	return 0;

err_unmap:
	munmap(nic->bar, nic->base.regs_bytes);
err_close:
	close(nic->fd);
	return err;
}

void vfio_device_close(struct vfio_nic *nic)
{
	/* Fails where the device is gone, which then does no DMA. The kernel does it again. */
	vfio_bus_master(&nic->base, false);
	munmap(nic->bar, nic->base.regs_bytes);
	close(nic->fd);
}

int vfio_device_reset(struct rld_nic *nic)
{
	const struct vfio_nic *v = to_vfio_nic(nic);
	int err;

	if (!v->can_reset)
		return -ENOTSUP;
	err = vfio_ioctl(v->fd, VFIO_DEVICE_RESET, NULL);
	if (err) {
		rlb_log(WARN, "%s: VFIO cannot reset it (%s), so the driver does", nic->name,
			strerror(-err));
		return -ENOTSUP;
	}
	return 0;
}
