/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Between the two halves of the kernel in memory: fake_vfio.c has files, failure injection and the
 * wrapped calls, fake_vfio_ioctl.c what VFIO's ioctls do. Each answers as ioctl(2), with -errno.
 */
#ifndef FAKE_VFIO_PRIV_H
#define FAKE_VFIO_PRIV_H

#include "fake_vfio.h"

#define CONFIG_OFFSET FAKE_BAR_BYTES
#define CONFIG_BYTES  256
#define FAKE_FDS_MAX  256

enum fd_kind {
	FD_OTHER,
	FD_CONTAINER,
	FD_GROUP,
	FD_DEVICE,
};

struct fake_fd {
	enum fd_kind kind;
	unsigned int index; /* of the container, group or device */
};

extern struct fake_fd fake_fds[FAKE_FDS_MAX];

int fake_container_ioctl(unsigned int index, unsigned long request, void *arg);
int fake_group_ioctl(struct fake_group *group, unsigned long request, void *arg);
int fake_device_ioctl(struct fake_device *device, unsigned long request, void *arg);

#endif
