/* SPDX-License-Identifier: BSD-2-Clause */
/* The machine around VFIO: its file tree, failure injection, and the calls that are wrapped. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/pci_regs.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ringlib/log.h>

#include "fake_vfio_priv.h"
#include "unit.h"

struct fake_vfio fake;

static char root[64];
struct fake_fd fake_fds[FAKE_FDS_MAX];

/* Failure injection. */
static unsigned int left;
static char failed_call[128];
static int failed_errno;

void fake_fail_at(unsigned int k)
{
	left = k;
	failed_call[0] = '\0';
}

const char *fake_failed(int *err)
{
	left = 0;
	*err = failed_errno;
	return failed_call[0] ? failed_call : NULL;
}

/* Whether this call is the one to fail, with errno @err. */
static bool now(const char *call, const char *what, int err)
{
	if (left == 0 || --left)
		return false;
	snprintf(failed_call, sizeof(failed_call), "%s %s", call, what);
	failed_errno = err;
	errno = err;
	return true;
}

static void on_log(void *ctx, enum rlb_log_level level, const char *line)
{
	(void)ctx;
	if (level > RLB_LOG_INFO)
		return;
	fake.lines++;
	snprintf(fake.line, sizeof(fake.line), "%s", line);
}

/* The machine's file tree. */

static bool ours(const char *path)
{
	return strncmp(path, "/sys/", 5) == 0 || strncmp(path, "/dev/vfio", 9) == 0;
}

/* Where @path of the machine really is; other paths stay what they are. */
static const char *place(const char *path, char room[256])
{
	if (!ours(path))
		return path;
	snprintf(room, 256, "%s%s", root, path);
	return room;
}

static void make_dirs(char *path)
{
	for (char *at = path + strlen(root) + 1; (at = strchr(at, '/')); at++) {
		*at = '\0';
		mkdir(path, 0755);
		*at = '/';
	}
}

int __real_open64(const char *path, int flags, ...);

void fake_write(const char *path, const char *text)
{
	char room[256];
	int fd;

	place(path, room);
	make_dirs(room);
	fd = __real_open64(room, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static void make_link(const char *path, const char *target)
{
	char room[256];

	place(path, room);
	make_dirs(room);
	assert_int_equal(symlink(target, room), 0);
}

void fake_remove(const char *path)
{
	char room[256];

	assert_int_equal(remove(place(path, room)), 0);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

void fake_setup(void)
{
	memset(&fake, 0, sizeof(fake));
	memset(fake_fds, 0, sizeof(fake_fds));
	fake.api_version = VFIO_API_VERSION;
	fake.type1v2 = 1;
	fake.iova_cap = true;
	fake.dma_avail_cap = true;
	/* As QEMU's IOMMU of 39 bits has it: all but the window of message interrupts. */
	fake.range_count = 2;
	fake.ranges[0] = (struct vfio_iova_range){0, 0xfedfffff};
	fake.ranges[1] = (struct vfio_iova_range){0xfef00000, 0x7fffffffff};
	for (unsigned int i = 0; i < FAKE_CONTAINERS_MAX; i++)
		fake.containers[i].fd = -1;
	snprintf(root, sizeof(root), "/tmp/fake_vfio.XXXXXX");
	assert_non_null(mkdtemp(root));
	fake_write("/sys/bus/pci/drivers/vfio-pci/new_id", "");
	fake_write("/dev/vfio/vfio", "");
	rlb_log_set(RLB_LOG_DEBUG, on_log, NULL);
}

void fake_teardown(void)
{
	for (unsigned int i = 0; i < fake.device_count; i++)
		close(fake.devices[i].memfd);
	assert_int_equal(nftw(root, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
	rlb_log_set(RLB_LOG_INFO, NULL, NULL);
}

struct fake_group *fake_group(unsigned int id)
{
	for (unsigned int i = 0; i < fake.group_count; i++) {
		if (fake.groups[i].id == id)
			return &fake.groups[i];
	}
	return NULL;
}

struct fake_device *fake_add(const char *name, unsigned int group, const char *driver)
{
	struct fake_device *device = &fake.devices[fake.device_count++];
	char path[128], target[128];

	snprintf(device->name, sizeof(device->name), "%s", name);
	device->group = group;
	device->can_reset = true;
	device->bar_bytes = FAKE_BAR_BYTES;
	device->bar_mappable = true;
	device->irq_count[VFIO_PCI_INTX_IRQ_INDEX] = 1;
	device->irq_count[VFIO_PCI_MSI_IRQ_INDEX] = 1;
	device->irq_count[VFIO_PCI_MSIX_IRQ_INDEX] = 5;
	device->irq_count[VFIO_PCI_ERR_IRQ_INDEX] = 1;
	device->irq_count[VFIO_PCI_REQ_IRQ_INDEX] = 1;
	device->memfd = memfd_create("device", MFD_CLOEXEC);
	assert_int_equal(ftruncate(device->memfd, CONFIG_OFFSET + 4096), 0);
	fake_set_config16(device, PCI_VENDOR_ID, 0x8086);
	fake_set_config16(device, PCI_DEVICE_ID, 0x10d3);

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/numa_node", name);
	fake_write(path, "-1\n");
	if (driver) {
		snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/driver", name);
		snprintf(target, sizeof(target), "../../../../bus/pci/drivers/%s", driver);
		make_link(path, target);
	}
	if (group) {
		snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/iommu_group", name);
		snprintf(target, sizeof(target), "../../../../kernel/iommu_groups/%u", group);
		make_link(path, target);
		snprintf(path, sizeof(path), "/sys/kernel/iommu_groups/%u/devices/%s", group, name);
		fake_write(path, "");
		snprintf(path, sizeof(path), "/dev/vfio/%u", group);
		fake_write(path, "");
		if (!fake_group(group))
			fake.groups[fake.group_count++] =
				(struct fake_group){.id = group, .container = -1};
	}
	return device;
}

static uint32_t peek(const struct fake_device *device, off_t at, size_t bytes)
{
	uint32_t value = 0;

	assert_int_equal(pread(device->memfd, &value, bytes, at), bytes);
	return value;
}

static void poke(const struct fake_device *device, off_t at, uint32_t value, size_t bytes)
{
	assert_int_equal(pwrite(device->memfd, &value, bytes, at), bytes);
}

uint16_t fake_config16(const struct fake_device *device, unsigned int offset)
{
	return (uint16_t)peek(device, CONFIG_OFFSET + offset, 2);
}

void fake_set_config16(const struct fake_device *device, unsigned int offset, uint16_t value)
{
	poke(device, CONFIG_OFFSET + offset, value, 2);
}

uint32_t fake_reg(const struct fake_device *device, unsigned int offset)
{
	return peek(device, offset, 4);
}

void fake_set_reg(const struct fake_device *device, unsigned int offset, uint32_t value)
{
	poke(device, offset, value, 4);
}

unsigned int fake_maps(void)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < FAKE_CONTAINERS_MAX; i++)
		n += fake.containers[i].map_count;
	return n;
}

/* Files. */

static int open_container(int fd)
{
	for (unsigned int i = 0; i < FAKE_CONTAINERS_MAX; i++) {
		if (fake.containers[i].fd < 0) {
			fake.containers[i] = (struct fake_container){.fd = fd};
			fake_fds[fd].kind = FD_CONTAINER;
			fake_fds[fd].index = i;
			return fd;
		}
	}
	fail_msg("too many containers");
	return -1;
}

static int open_group(int fd, const char *path)
{
	struct fake_group *group = fake_group((unsigned int)atoi(strrchr(path, '/') + 1));

	assert_non_null(group);
	if (group->opened) {
		close(fd);
		errno = EBUSY;
		return -1;
	}
	group->opened = true;
	fake_fds[fd].kind = FD_GROUP;
	fake_fds[fd].index = (unsigned int)(group - fake.groups);
	return fd;
}

int __wrap_open64(const char *path, int flags, ...);
int __wrap_open64(const char *path, int flags, ...)
{
	char room[256];
	int fd;

	if (now("open", path, EMFILE))
		return -1;
	if (fake.fail_path && strcmp(path, fake.fail_path) == 0) {
		errno = fake.fail_errno;
		return -1;
	}
	fd = __real_open64(place(path, room), flags, 0);
	if (fd < 0 || strncmp(path, "/dev/vfio/", 10) != 0)
		return fd;
	assert_true(fd < FAKE_FDS_MAX && (flags & O_CLOEXEC));
	return strcmp(path, "/dev/vfio/vfio") == 0 ? open_container(fd) : open_group(fd, path);
}

static void close_container(struct fake_container *c)
{
	assert_int_equal(c->map_count, 0);
	c->fd = -1;
}

/* Takes the group out of its container; the container's maps must be gone with its last group. */
static void close_group(struct fake_group *group)
{
	for (unsigned int i = 0; i < fake.device_count; i++) {
		if (fake.devices[i].group == group->id)
			assert_int_equal(fake.devices[i].opened, 0);
	}
	if (group->container >= 0) {
		struct fake_container *c = &fake.containers[group->container];

		if (--c->groups == 0)
			assert_int_equal(c->map_count, 0);
	}
	group->container = -1;
	group->opened = false;
}

static void close_device(struct fake_device *device)
{
	if (--device->opened == 0)
		memset(device->irqs_enabled, 0, sizeof(device->irqs_enabled));
}

int __real_close(int fd);
int __wrap_close(int fd);
int __wrap_close(int fd)
{
	if (fd >= 0 && fd < FAKE_FDS_MAX) {
		switch (fake_fds[fd].kind) {
		case FD_CONTAINER:
			close_container(&fake.containers[fake_fds[fd].index]);
			break;
		case FD_GROUP:
			close_group(&fake.groups[fake_fds[fd].index]);
			break;
		case FD_DEVICE:
			close_device(&fake.devices[fake_fds[fd].index]);
			break;
		case FD_OTHER:
			break;
		}
		fake_fds[fd].kind = FD_OTHER;
	}
	return __real_close(fd);
}

static int fake_ioctl(int fd, unsigned long request, void *arg)
{
	assert_true(fd >= 0 && fd < FAKE_FDS_MAX);
	if (request == fake.fail_request)
		return fake.fail_result;
	switch (fake_fds[fd].kind) {
	case FD_CONTAINER:
		return fake_container_ioctl(fake_fds[fd].index, request, arg);
	case FD_GROUP:
		return fake_group_ioctl(&fake.groups[fake_fds[fd].index], request, arg);
	case FD_DEVICE:
		return fake_device_ioctl(&fake.devices[fake_fds[fd].index], request, arg);
	default:
		return -ENOTTY;
	}
}

int __wrap_ioctl(int fd, unsigned long request, ...);
int __wrap_ioctl(int fd, unsigned long request, ...)
{
	char what[32];
	va_list ap;
	void *arg;
	int result;

	va_start(ap, request);
	arg = va_arg(ap, void *);
	va_end(ap);
	snprintf(what, sizeof(what), "%lu", request - VFIO_GET_API_VERSION);
	if (now("ioctl", what, EIO))
		return -1;
	result = fake_ioctl(fd, request, arg);
	if (result < 0) {
		errno = -result;
		return -1;
	}
	return result;
}

/* Everything else that can fail. */

ssize_t __real_readlink(const char *path, char *to, size_t room);
ssize_t __wrap_readlink(const char *path, char *to, size_t room);
ssize_t __wrap_readlink(const char *path, char *to, size_t room)
{
	char real[256];

	return now("readlink", path, EACCES) ? -1 : __real_readlink(place(path, real), to, room);
}

int __real_access(const char *path, int mode);
int __wrap_access(const char *path, int mode);
int __wrap_access(const char *path, int mode)
{
	char real[256];

	return now("access", path, EACCES) ? -1 : __real_access(place(path, real), mode);
}

DIR *__real_opendir(const char *path);
DIR *__wrap_opendir(const char *path);
DIR *__wrap_opendir(const char *path)
{
	char real[256];

	return now("opendir", path, EMFILE) ? NULL : __real_opendir(place(path, real));
}

ssize_t __real_pread64(int fd, void *to, size_t bytes, off_t at);
ssize_t __wrap_pread64(int fd, void *to, size_t bytes, off_t at);
ssize_t __wrap_pread64(int fd, void *to, size_t bytes, off_t at)
{
	return now("pread", "", EIO) ? -1 : __real_pread64(fd, to, bytes, at);
}

ssize_t __real_pwrite64(int fd, const void *from, size_t bytes, off_t at);
ssize_t __wrap_pwrite64(int fd, const void *from, size_t bytes, off_t at);
ssize_t __wrap_pwrite64(int fd, const void *from, size_t bytes, off_t at)
{
	return now("pwrite", "", EIO) ? -1 : __real_pwrite64(fd, from, bytes, at);
}

int __real_eventfd(unsigned int count, int flags);
int __wrap_eventfd(unsigned int count, int flags);
int __wrap_eventfd(unsigned int count, int flags)
{
	return now("eventfd", "", EMFILE) ? -1 : __real_eventfd(count, flags);
}

void *__real_mmap64(void *at, size_t bytes, int prot, int flags, int fd, off_t off);
void *__wrap_mmap64(void *at, size_t bytes, int prot, int flags, int fd, off_t off);
void *__wrap_mmap64(void *at, size_t bytes, int prot, int flags, int fd, off_t off)
{
	void *got = MAP_FAILED;

	if (!now("mmap", "", ENOMEM))
		got = __real_mmap64(at, bytes, prot, flags, fd, off);
	fake.mmaps += got != MAP_FAILED;
	return got;
}

int __real_munmap(void *at, size_t bytes);
int __wrap_munmap(void *at, size_t bytes);
int __wrap_munmap(void *at, size_t bytes)
{
	fake.mmaps--;
	return __real_munmap(at, bytes);
}

void *__real_calloc(size_t n, size_t bytes);
void *__wrap_calloc(size_t n, size_t bytes);
void *__wrap_calloc(size_t n, size_t bytes)
{
	void *got = now("calloc", "", ENOMEM) ? NULL : __real_calloc(n, bytes);

	fake.allocations += got != NULL;
	return got;
}

void *__real_realloc(void *at, size_t bytes);
void *__wrap_realloc(void *at, size_t bytes);
void *__wrap_realloc(void *at, size_t bytes)
{
	void *got = now("realloc", "", ENOMEM) ? NULL : __real_realloc(at, bytes);

	fake.allocations += got && !at;
	return got;
}

void __real_free(void *at);
void __wrap_free(void *at);
void __wrap_free(void *at)
{
	fake.allocations -= at != NULL;
	__real_free(at);
}
