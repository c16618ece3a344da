/* SPDX-License-Identifier: BSD-2-Clause */
/* IOMMU groups: the unit that the kernel gives out, open once, with the devices used of each. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <ringlib/log.h>

#include "driver/vfio/vfio_priv.h"

/* Guards the lists of groups and containers, and who is in them. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct vfio_group *groups;

int vfio_fail(const char *name, const char *what, int err)
{
	rlb_log(ERR, "%s: %s: %s", name, what, strerror(-err));
	return err;
}

int vfio_ioctl(int fd, unsigned long request, void *arg)
{
	int result = ioctl(fd, request, arg);

	return result < 0 ? -errno : result;
}

/* The device is bound to vfio-pci, and yet its group has no file. */
static int no_group_file(const char *name, unsigned int id)
{
	if (access("/dev/vfio/devices", F_OK) == 0)
		rlb_log(ERR,
			"%s: no /dev/vfio/%u, this kernel gives devices out through iommufd only; "
			"boot one with CONFIG_VFIO_GROUP=y and CONFIG_VFIO_CONTAINER=y",
			name, id);
	else
		rlb_log(ERR,
			"%s: no /dev/vfio/%u; where this is a container, hand it /dev/vfio/vfio "
			"and /dev/vfio/%u",
			name, id, id);
	return -ENODEV;
}

static int open_file(unsigned int id, const char *name)
{
	char path[32];
	int fd, err;

	snprintf(path, sizeof(path), "/dev/vfio/%u", id);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd >= 0)
		return fd;
	err = -errno;
	switch (err) {
	case -ENOENT:
		return no_group_file(name, id);
	case -EACCES:
	case -EPERM:
		rlb_log(ERR, "%s: no permission on %s; run: sudo chown $USER %s", name, path, path);
		return -EACCES;
	case -EBUSY:
		rlb_log(ERR, "%s: another process uses %s; see which: sudo fuser -v %s", name, path,
			path);
		return err;
	default:
		return vfio_fail(name, "cannot open its /dev/vfio group", err);
	}
}

static int check_viable(int fd, unsigned int id, const char *name)
{
	struct vfio_group_status status = {.argsz = sizeof(status)};
	int err;

	err = vfio_ioctl(fd, VFIO_GROUP_GET_STATUS, &status);
	if (err)
		return vfio_fail(name, "cannot read its group's state", err);
	if (!(status.flags & VFIO_GROUP_FLAGS_VIABLE))
		return vfio_sysfs_not_viable(name, id);
	return 0;
}

static int group_open(struct vfio_group **out, unsigned int id, const char *name)
{
	struct vfio_group *group;
	int err;

	group = calloc(1, sizeof(*group));
	if (!group)
		return vfio_fail(name, "cannot open its group", -ENOMEM);
	group->id = id;
	group->fd = open_file(id, name);
	if (group->fd < 0) {
		err = group->fd;
		goto err_free;
	}
	err = check_viable(group->fd, id, name);
	if (err)
		goto err_close;
	err = vfio_container_join(group, name);
	if (err)
		goto err_close;
	group->next = groups;
	groups = group;
	*out = group;
	return 0;

err_close:
	close(group->fd);
err_free:
	free(group);
	return err;
}

static void group_close(struct vfio_group *group)
{
	struct vfio_group **at = &groups;

	while (*at != group)
		at = &(*at)->next;
	*at = group->next;
	vfio_container_leave(group);
	close(group->fd);
	free(group);
}

static int check_not_open(const struct vfio_group *group, const char *name)
{
	for (const struct vfio_nic *nic = group->nics; nic; nic = nic->next) {
		if (strcmp(nic->base.name, name) == 0) {
			rlb_log(ERR, "%s: this process has it open already; name each device once",
				name);
			return -EBUSY;
		}
	}
	return 0;
}

int vfio_group_join(struct vfio_nic *nic, unsigned int id)
{
	struct vfio_group *group;
	int err;

	pthread_mutex_lock(&lock);
	for (group = groups; group && group->id != id; group = group->next)
		;
	err = group ? check_not_open(group, nic->base.name)
		    : group_open(&group, id, nic->base.name);
	if (!err) {
		nic->group = group;
		nic->next = group->nics;
		group->nics = nic;
	}
	pthread_mutex_unlock(&lock);
	return err;
}

void vfio_group_leave(struct vfio_nic *nic)
{
	struct vfio_nic **at = &nic->group->nics;

	pthread_mutex_lock(&lock);
	while (*at != nic)
		at = &(*at)->next;
	*at = nic->next;
	if (!nic->group->nics)
		group_close(nic->group);
	pthread_mutex_unlock(&lock);
}
