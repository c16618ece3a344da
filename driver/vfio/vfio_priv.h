/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the files of the VFIO transport share. From the top down:
 *
 *   vfio.c            the table of operations: open, close, registers, rings
 *   vfio_device.c     one device: its file, config space, BAR 0, bus mastering, reset
 *   vfio_irq.c        interrupts as eventfds
 *   vfio_group.c      IOMMU groups, each open once in a process
 *   vfio_container.c  IOMMU address spaces, shared by as many groups as the kernel lets
 *   vfio_iova.c       which addresses of a container are free
 *   vfio_sysfs.c      what the kernel says about a device before it is opened
 *
 * Every function that returns -errno has logged one line, unless its comment says "Silent".
 */
#ifndef VFIO_PRIV_H
#define VFIO_PRIV_H

#include <linux/vfio.h>
#include <pthread.h>

#include "driver/verify.h"
#include "driver/vfio/vfio.h"
#include "driver/vfio/vfio_iova.h"

/* One IOMMU address space. */
struct vfio_container {
	struct rlb_space space; /* attached while the container exists */
	int fd;
	unsigned int groups;  /* that are in it; it ends with the last */
	pthread_mutex_t lock; /* guards the addresses; taken inside all other locks */
	struct vfio_iova_set iova;
	uint64_t page_bytes_min;  /* smallest page of the IOMMU */
	struct rld_pinned pinned; /* packet memory, not rings: no descriptor may name those */
	struct vfio_container *next;
};

/* One IOMMU group: the kernel lets it be open once, so its devices in this process share it. */
struct vfio_group {
	unsigned int id; /* of /dev/vfio/<id> */
	int fd;
	struct vfio_container *container;
	struct vfio_nic *nics; /* open devices; it ends with the last */
	struct vfio_group *next;
};

struct vfio_nic {
	struct rld_nic base;
	struct vfio_group *group;
	struct vfio_nic *next; /* in the same group */
	int fd;
	bool can_reset;
	uint64_t config_offset; /* of config space in @fd */
	uint64_t config_bytes;
	void *bar; /* BAR 0, base.regs_bytes long */
	int irq_fds[RLD_IRQS_MAX];
	unsigned int irq_fd_count; /* 0 while no interrupt is enabled */
};

static inline struct vfio_nic *to_vfio_nic(struct rld_nic *nic)
{
	return (struct vfio_nic *)((char *)nic - offsetof(struct vfio_nic, base));
}

/* Log "@name: @what: reason of @err", for what has no better explanation. Return: @err. */
int vfio_fail(const char *name, const char *what, int err);

/* ioctl(), but its -errno is the result. Silent. */
int vfio_ioctl(int fd, unsigned long request, void *arg);

/* vfio_sysfs.c */

/*
 * Make @name of @addr, the full form in lower case; a comma ends it. Silent. Return: 0, or -EINVAL.
 */
int vfio_bdf_parse(const char *addr, char name[RLD_NAME_MAX]);

/*
 * Is @name there, behind an IOMMU, bound to vfio-pci? Each answer that is no is logged with the
 * command that changes it. @group: id of its IOMMU group. Return: 0, -ENODEV, -EBUSY, -errno.
 */
int vfio_sysfs_check(const char *name, unsigned int *group);

/* NUMA node of the device, or RLB_NUMA_ANY. */
int vfio_sysfs_numa_node(const char *name);

/* Log which devices of @group, beside @name, keep it from being used. Return: -EBUSY. */
int vfio_sysfs_not_viable(const char *name, unsigned int group);

/* vfio_group.c */

/* Make @nic a user of group @id; the first one opens it. Return: 0 or -errno. */
int vfio_group_join(struct vfio_nic *nic, unsigned int id);

/* Undo it. The device's file is closed. */
void vfio_group_leave(struct vfio_nic *nic);

/* vfio_container.c. Join and leave are called with the lock of vfio_group.c held. */

/* Put @group into a container, one that exists if the kernel lets. @name: for log lines. */
int vfio_container_join(struct vfio_group *group, const char *name);

/* Map memory that no descriptor may name, and unmap it: as rlb_space.map and unmap. */
int vfio_container_map(struct vfio_container *c, void *addr, size_t bytes, size_t page_bytes,
		       rlb_iova_t *dev);
void vfio_container_unmap(struct vfio_container *c, size_t bytes, rlb_iova_t dev);

/* Undo it; afterwards the caller closes the group, which is what takes it out. */
void vfio_container_leave(struct vfio_group *group);

/* vfio_device.c */

/* Open the device, map BAR 0, fill the ids, keep it off the bus. Return: 0 or -errno. */
int vfio_device_open(struct vfio_nic *nic);
void vfio_device_close(struct vfio_nic *nic);
int vfio_device_reset(struct rld_nic *nic);
/* Silent. */
int vfio_bus_master(struct rld_nic *nic, bool on);
int vfio_config_read(struct rld_nic *nic, uint32_t offset, void *value, size_t bytes);
int vfio_config_write(struct rld_nic *nic, uint32_t offset, const void *value, size_t bytes);

/* vfio_irq.c */

/* Fill base.release_fd: unplug, unbind and fatal PCI Express errors. Return: 0 or -errno. */
int vfio_release_open(struct vfio_nic *nic);
void vfio_release_close(struct vfio_nic *nic);
int vfio_irq_open(struct rld_nic *nic, unsigned int count, int *fds);
void vfio_irq_close(struct rld_nic *nic);
void vfio_irq_unmask(struct rld_nic *nic);

#endif
