/* SPDX-License-Identifier: BSD-2-Clause */
/* Interrupts as eventfds: the device's own, and those by which the kernel wants it back. */
#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <ringlib/log.h>

#include "driver/vfio/vfio_priv.h"
#include "ringlib/util.h"

/* In the order of liking. */
static const struct {
	enum rld_irq_kind kind;
	unsigned int index;
	const char *name;
} kinds[] = {
	{RLD_IRQ_MSIX, VFIO_PCI_MSIX_IRQ_INDEX, "MSI-X"},
	{RLD_IRQ_MSI, VFIO_PCI_MSI_IRQ_INDEX, "MSI"},
	{RLD_IRQ_INTX, VFIO_PCI_INTX_IRQ_INDEX, "INTx"},
};

static int new_eventfd(void)
{
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

	return fd < 0 ? -errno : fd;
}

/* Vectors of interrupt @index; 0 where the device has no such thing. Silent. */
static int irq_count(const struct vfio_nic *nic, unsigned int index)
{
	struct vfio_irq_info info = {.argsz = sizeof(info), .index = index};
	int err;

	err = vfio_ioctl(nic->fd, VFIO_DEVICE_GET_IRQ_INFO, &info);
	if (err == -EINVAL)
		return 0;
	return err ? err : (int)info.count;
}

/* Let @count vectors of @index signal @fds; 0 turns the interrupt off. Silent. */
static int irq_set(const struct vfio_nic *nic, unsigned int index, const int *fds,
		   unsigned int count)
{
	_Alignas(struct vfio_irq_set)
		uint8_t arg[sizeof(struct vfio_irq_set) + RLD_IRQS_MAX * sizeof(int32_t)];
	struct vfio_irq_set *set = (void *)arg;
	int err;

	*set = (struct vfio_irq_set){
		.argsz = (uint32_t)(sizeof(*set) + count * sizeof(int32_t)),
		.flags = VFIO_IRQ_SET_ACTION_TRIGGER |
			 (count ? VFIO_IRQ_SET_DATA_EVENTFD : VFIO_IRQ_SET_DATA_NONE),
		.index = index,
		.count = count,
	};
	if (count)
		memcpy(set->data, fds, count * sizeof(int32_t));
	err = vfio_ioctl(nic->fd, VFIO_DEVICE_SET_IRQS, set);
	/* Where there are too few vectors in the system it answers how many: 1..count - 1. */
	return err > 0 ? -ENOSPC : err;
}

int vfio_release_open(struct vfio_nic *nic)
{
	/* Request: unplug or unbind wait for us. Error: AER found the device lost. */
	static const unsigned int index[] = {VFIO_PCI_REQ_IRQ_INDEX, VFIO_PCI_ERR_IRQ_INDEX};
	const char *what = "cannot watch for its removal";
	bool watched = false;
	int fd, err = 0;

	nic->base.release_fd = -1;
	fd = new_eventfd();
	if (fd < 0)
		return vfio_fail(nic->base.name, what, fd);
	for (unsigned int i = 0; i < ARRAY_SIZE(index); i++) {
		err = irq_count(nic, index[i]);
		if (err > 0) {
			err = irq_set(nic, index[i], &fd, 1);
			watched = true;
		}
		if (err) {
			close(fd);
			return vfio_fail(nic->base.name, what, err);
		}
	}
	if (watched)
		nic->base.release_fd = fd;
	else
		close(fd);
	return 0;
}

void vfio_release_close(struct vfio_nic *nic)
{
	if (nic->base.release_fd >= 0)
		close(nic->base.release_fd);
	nic->base.release_fd = -1;
}

static void close_fds(struct vfio_nic *nic)
{
	while (nic->irq_fd_count)
		close(nic->irq_fds[--nic->irq_fd_count]);
}

/* The first of @kinds that has enough vectors: MSI-X @count, the others one. */
static int choose(const struct vfio_nic *nic, unsigned int count)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(kinds); i++) {
		int want = kinds[i].kind == RLD_IRQ_MSIX ? (int)count : 1;
		int have = irq_count(nic, kinds[i].index);

		if (have < 0)
			return vfio_fail(nic->base.name, "cannot read which interrupts it has",
					 have);
		if (have >= want)
			return (int)i;
	}
	rlb_log(ERR, "%s: has no interrupt that can be used; see: lspci -v -s %s", nic->base.name,
		nic->base.name);
	return -ENOTSUP;
}

int vfio_irq_open(struct rld_nic *nic, unsigned int count, int *fds)
{
	struct vfio_nic *v = to_vfio_nic(nic);
	unsigned int vectors;
	int err, chosen;

	chosen = choose(v, count);
	if (chosen < 0)
		return chosen;
	vectors = kinds[chosen].kind == RLD_IRQ_MSIX ? count : 1;
	while (v->irq_fd_count < vectors) {
		int fd = new_eventfd();

		if (fd < 0) {
			err = vfio_fail(nic->name, "cannot make an eventfd for an interrupt", fd);
			goto err_fds;
		}
		v->irq_fds[v->irq_fd_count++] = fd;
	}
	err = irq_set(v, kinds[chosen].index, v->irq_fds, vectors);
	if (err) {
		rlb_log(ERR, "%s: cannot enable %u %s interrupts: %s; see: dmesg", nic->name,
			vectors, kinds[chosen].name, strerror(-err));
		goto err_fds;
	}
	nic->irq_kind = kinds[chosen].kind;
	for (unsigned int i = 0; i < count; i++)
		fds[i] = v->irq_fds[i < vectors ? i : 0];
	return 0;

err_fds:
	close_fds(v);
	return err;
}

void vfio_irq_close(struct rld_nic *nic)
{
	struct vfio_nic *v = to_vfio_nic(nic);

	for (unsigned int i = 0; i < ARRAY_SIZE(kinds); i++) {
		/* Fails where the device is gone, which then sends none. */
		if (kinds[i].kind == nic->irq_kind)
			irq_set(v, kinds[i].index, NULL, 0);
	}
	nic->irq_kind = RLD_IRQ_NONE;
	close_fds(v);
}

void vfio_irq_unmask(struct rld_nic *nic)
{
	const struct vfio_nic *v = to_vfio_nic(nic);
	struct vfio_irq_set set = {
		.argsz = sizeof(set),
		.flags = VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_UNMASK,
		.index = VFIO_PCI_INTX_IRQ_INDEX,
		.count = 1,
	};

	if (nic->irq_kind == RLD_IRQ_INTX)
		vfio_ioctl(v->fd, VFIO_DEVICE_SET_IRQS, &set);
}
