/* SPDX-License-Identifier: BSD-2-Clause */
/* What sysfs says about a device: checks in the order in which a user meets the problems. */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <ringlib/log.h>

#include "driver/vfio/vfio_priv.h"

#define SYSFS_DEVICES "/sys/bus/pci/devices"
#define SYSFS_VFIO    "/sys/bus/pci/drivers/vfio-pci"
#define SYSFS_GROUPS  "/sys/kernel/iommu_groups"
#define PATH_BYTES    512 /* a directory entry alone may have 255 */

/* Take @digits hex digits from *@at. Return: their value, or -1. */
static long take_hex(const char **at, unsigned int digits)
{
	long value = 0;

	for (; digits; digits--, (*at)++) {
		char c = (char)tolower((unsigned char)**at);

		if (!isxdigit((unsigned char)c))
			return -1;
		value = value * 16 + (isdigit((unsigned char)c) ? c - '0' : c - 'a' + 10);
	}
	return value;
}

int vfio_bdf_parse(const char *addr, char name[RLD_NAME_MAX])
{
	size_t domain_digits = strspn(addr, "0123456789abcdefABCDEF");
	long domain = 0, bus, device, function;
	const char *at = addr;

	/* A domain has four digits; those a VMD makes have five to eight. */
	if (domain_digits >= 4 && domain_digits <= 8 && addr[domain_digits] == ':') {
		domain = take_hex(&at, (unsigned int)domain_digits);
		at++;
	}
	bus = take_hex(&at, 2);
	if (bus < 0 || *at++ != ':')
		return -EINVAL;
	device = take_hex(&at, 2);
	if (device < 0 || device > 0x1f || *at++ != '.')
		return -EINVAL;
	function = take_hex(&at, 1);
	if (function < 0 || function > 7 || (*at && *at != ','))
		return -EINVAL;
	snprintf(name, RLD_NAME_MAX, "%04lx:%02lx:%02lx.%lx", domain, bus, device, function);
	return 0;
}

/* Last part of what the link <@name>/@link points to. Silent. */
static int link_target(const char *name, const char *link, char *target, size_t room)
{
	char path[PATH_BYTES], points_to[PATH_BYTES];
	const char *last;
	ssize_t n;

	snprintf(path, sizeof(path), SYSFS_DEVICES "/%s/%s", name, link);
	n = readlink(path, points_to, sizeof(points_to) - 1);
	if (n < 0)
		return -errno;
	points_to[n] = '\0';
	last = strrchr(points_to, '/');
	snprintf(target, room, "%.*s", (int)room - 1, last ? last + 1 : points_to);
	return 0;
}

/* First line of a file of the device; "" where there is none. Silent. */
static void read_line(const char *name, const char *file, char *line, size_t room)
{
	char path[PATH_BYTES];
	ssize_t n = -1;
	int fd;

	snprintf(path, sizeof(path), SYSFS_DEVICES "/%s/%s", name, file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		n = read(fd, line, room - 1);
		close(fd);
	}
	line[n > 0 ? n : 0] = '\0';
	line[strcspn(line, "\n")] = '\0';
}

static int check_present(const char *name)
{
	char path[PATH_BYTES];

	snprintf(path, sizeof(path), SYSFS_DEVICES "/%s", name);
	if (access(path, F_OK) == 0)
		return 0;
	if (errno != ENOENT)
		return vfio_fail(name, "cannot look into " SYSFS_DEVICES, -errno);
	rlb_log(ERR, "%s: no such PCI device; list those there are with: lspci -D", name);
	return -ENODEV;
}

static int check_iommu(const char *name, unsigned int *group)
{
	char target[32], group_name[32];
	int err;

	err = link_target(name, "iommu_group", target, sizeof(target));
	if (err == -ENOENT) {
		rlb_log(ERR,
			"%s: no IOMMU guards this device; switch it on in the firmware (VT-d, "
			"AMD-Vi) and boot with intel_iommu=on; without one guard mode will be the "
			"way, which ringlib does not have yet",
			name);
		return -ENODEV;
	}
	if (err)
		return vfio_fail(name, "cannot read its iommu_group", err);
	/* vfio_noiommu_group_alloc() names them so: no IOMMU, only the looks of a group. */
	read_line(name, "iommu_group/name", group_name, sizeof(group_name));
	if (strcmp(group_name, "vfio-noiommu") == 0) {
		rlb_log(ERR,
			"%s: in VFIO's no-IOMMU mode, where it could reach all memory, and which "
			"ringlib refuses; use a machine with an IOMMU; without one guard mode will "
			"be the way, which ringlib does not have yet",
			name);
		return -ENODEV;
	}
	*group = (unsigned int)strtoul(target, NULL, 10);
	return 0;
}

static int check_driver(const char *name)
{
	bool loaded = access(SYSFS_VFIO, F_OK) == 0;
	char driver[32] = "";
	int err;

	err = link_target(name, "driver", driver, sizeof(driver));
	if (err && err != -ENOENT)
		return vfio_fail(name, "cannot read which driver it is bound to", err);
	if (strcmp(driver, "vfio-pci") == 0)
		return 0;
	rlb_log(ERR,
		"%s: bound to %s, not to vfio-pci%s; run as root: %scd " SYSFS_DEVICES "/%s && "
		"echo vfio-pci > driver_override && %s%s%secho %s > /sys/bus/pci/drivers_probe",
		name, err ? "no driver" : driver, loaded ? "" : ", which is not loaded",
		loaded ? "" : "modprobe vfio-pci && ", name, err ? "" : "echo ", err ? "" : name,
		err ? "" : " > driver/unbind && ", name);
	return -EBUSY;
}

int vfio_sysfs_check(const char *name, unsigned int *group)
{
	int err;

	err = check_present(name);
	if (!err)
		err = check_iommu(name, group);
	if (!err)
		err = check_driver(name);
	return err;
}

int vfio_sysfs_numa_node(const char *name)
{
	char line[16], *end;
	long node;

	read_line(name, "numa_node", line, sizeof(line));
	node = strtol(line, &end, 10);
	return end == line || node < 0 ? RLB_NUMA_ANY : (int)node;
}

/* Whether a driver may hold a device of a group that is given out: it does no DMA of its own. */
static bool harmless(const char *driver)
{
	static const char *const drivers[] = {"vfio-pci", "pci-stub", "pcieport"};

	for (unsigned int i = 0; i < sizeof(drivers) / sizeof(drivers[0]); i++) {
		if (strcmp(driver, drivers[i]) == 0)
			return true;
	}
	return false;
}

/* Add " <bdf> (<driver>)" to @list for each device in the way. */
static void list_in_the_way(unsigned int group, char *list, size_t room)
{
	const struct dirent *entry;
	char path[PATH_BYTES];
	DIR *dir;

	list[0] = '\0';
	snprintf(path, sizeof(path), SYSFS_GROUPS "/%u/devices", group);
	dir = opendir(path);
	if (!dir)
		return;
	while ((entry = readdir(dir))) {
		size_t used = strlen(list);
		char driver[32];

		if (entry->d_name[0] == '.' ||
		    link_target(entry->d_name, "driver", driver, sizeof(driver)) ||
		    harmless(driver))
			continue;
		snprintf(list + used, room - used, " %.31s (%s)", entry->d_name, driver);
	}
	closedir(dir);
}

int vfio_sysfs_not_viable(const char *name, unsigned int group)
{
	char list[160];

	list_in_the_way(group, list, sizeof(list));
	rlb_log(ERR,
		"%s: shares IOMMU group %u with devices that other drivers hold:%s; the IOMMU "
		"cannot tell them apart: for each run as root: echo <device> > " SYSFS_DEVICES
		"/<device>/driver/unbind",
		name, group, list[0] ? list : " unknown ones");
	return -EBUSY;
}
