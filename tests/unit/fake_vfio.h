/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel's side of VFIO, in memory: a test linked with FAKE_VFIO_WRAPS (meson.build) opens,
 * maps and programs devices that exist only here. It keeps the kernel's rules (groups, containers,
 * ranges, one owner of a group), and can make the k-th system call or allocation fail.
 */
#ifndef FAKE_VFIO_H
#define FAKE_VFIO_H

#include <stdbool.h>
#include <stdint.h>
#include <linux/vfio.h>

#define FAKE_DEVICES_MAX    4
#define FAKE_GROUPS_MAX	    4
#define FAKE_CONTAINERS_MAX 4
#define FAKE_MAPS_MAX	    64
#define FAKE_BAR_BYTES	    0x20000u
#define FAKE_VECTORS_MAX    8

struct fake_device {
	char name[16]; /* "0000:01:00.0" */
	unsigned int group;
	bool can_reset;
	uint64_t bar_bytes; /* what the kernel says about BAR 0 */
	bool bar_mappable;
	unsigned int irq_count[VFIO_PCI_NUM_IRQS];

	/* What the transport did. */
	int memfd; /* BAR 0, then config space */
	unsigned int opened;
	unsigned int resets;
	unsigned int irqs_enabled[VFIO_PCI_NUM_IRQS];
	int irq_fds[VFIO_PCI_NUM_IRQS][FAKE_VECTORS_MAX];
	unsigned int intx_unmasks;
};

struct fake_group {
	unsigned int id;
	bool not_viable;
	bool opened;
	int container;		     /* index, or -1 */
	bool refuses_company;	     /* only joins a container that is empty */
	struct vfio_iova_range hole; /* cut out of the container's ranges; 0..0: none */
};

struct fake_map {
	uint64_t iova;
	uint64_t vaddr;
	uint64_t bytes;
};

struct fake_container {
	int fd; /* -1: closed */
	bool has_iommu;
	unsigned int groups;
	unsigned int map_count;
	struct fake_map maps[FAKE_MAPS_MAX];
};

struct fake_vfio {
	/* How the kernel is to be; fake_setup() fills in what a stock one does. */
	int api_version;
	int type1v2;
	bool iova_cap;
	bool dma_avail_cap;
	unsigned int range_count;
	struct vfio_iova_range ranges[8];
	unsigned long fail_request; /* an ioctl that always answers... */
	int fail_result;	    /* ...this: -errno, or above 0 */
	const char *fail_path;	    /* a file whose opening always answers... */
	int fail_errno;		    /* ...this */

	/* What there is. */
	struct fake_device devices[FAKE_DEVICES_MAX];
	unsigned int device_count;
	struct fake_group groups[FAKE_GROUPS_MAX];
	unsigned int group_count;
	struct fake_container containers[FAKE_CONTAINERS_MAX];

	/* What the process has. */
	int allocations;
	int mmaps;

	/* Lines logged, down to RLB_LOG_INFO, and the last of them. */
	unsigned int lines;
	char line[512];
};

extern struct fake_vfio fake;

/* A machine without devices; and take it away again. */
void fake_setup(void);
void fake_teardown(void);

/* Add a PCI device. @group: 0 is none, no IOMMU. @driver: what it is bound to, or NULL. */
struct fake_device *fake_add(const char *name, unsigned int group, const char *driver);

struct fake_group *fake_group(unsigned int id);

/* Make, or remove, a file of the machine: "/sys/...", "/dev/vfio/...". */
void fake_write(const char *path, const char *text);
void fake_remove(const char *path);

uint16_t fake_config16(const struct fake_device *device, unsigned int offset);
void fake_set_config16(const struct fake_device *device, unsigned int offset, uint16_t value);
uint32_t fake_reg(const struct fake_device *device, unsigned int offset);
void fake_set_reg(const struct fake_device *device, unsigned int offset, uint32_t value);

/* DMA maps that exist, in all containers. */
unsigned int fake_maps(void);

/* Let the @k-th call from now fail, counted from 1. 0: none. */
void fake_fail_at(unsigned int k);

/* Which call failed, "open /dev/vfio/7", and its errno; NULL if none did. Turns injection off. */
const char *fake_failed(int *err);

#endif
