/* SPDX-License-Identifier: BSD-2-Clause */
#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/types.h>

#include "inject.h"

static unsigned int left;
static bool failed;

void inject_fail_at(unsigned int k)
{
	left = k;
	failed = false;
}

int inject_failed(void)
{
	left = 0;
	return failed;
}

bool inject_now(void)
{
	if (left == 0 || --left)
		return false;
	failed = true;
	return true;
}

unsigned int inject_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned int n = 0;

	while (readdir(dir))
		n++;
	closedir(dir);
	return n - 3; /* ".", ".." and the directory itself */
}

void *__real_calloc(size_t n, size_t bytes);
void *__wrap_calloc(size_t n, size_t bytes);
void *__wrap_calloc(size_t n, size_t bytes)
{
	return inject_now() ? NULL : __real_calloc(n, bytes);
}

void *__real_aligned_alloc(size_t align, size_t bytes);
void *__wrap_aligned_alloc(size_t align, size_t bytes);
void *__wrap_aligned_alloc(size_t align, size_t bytes)
{
	return inject_now() ? NULL : __real_aligned_alloc(align, bytes);
}

int __real_memfd_create(const char *name, unsigned int flags);
int __wrap_memfd_create(const char *name, unsigned int flags);
int __wrap_memfd_create(const char *name, unsigned int flags)
{
	errno = EMFILE;
	return inject_now() ? -1 : __real_memfd_create(name, flags);
}

int __real_ftruncate64(int fd, off_t bytes);
int __wrap_ftruncate64(int fd, off_t bytes);
int __wrap_ftruncate64(int fd, off_t bytes)
{
	errno = EFBIG;
	return inject_now() ? -1 : __real_ftruncate64(fd, bytes);
}

int __real_fcntl64(int fd, int cmd, long arg);
int __wrap_fcntl64(int fd, int cmd, long arg);
int __wrap_fcntl64(int fd, int cmd, long arg)
{
	errno = EPERM;
	return inject_now() ? -1 : __real_fcntl64(fd, cmd, arg);
}

void *__real_mmap64(void *at, size_t bytes, int prot, int flags, int fd, off_t off);
void *__wrap_mmap64(void *at, size_t bytes, int prot, int flags, int fd, off_t off);
void *__wrap_mmap64(void *at, size_t bytes, int prot, int flags, int fd, off_t off)
{
	errno = ENOMEM;
	return inject_now() ? MAP_FAILED : __real_mmap64(at, bytes, prot, flags, fd, off);
}

int __real_madvise(void *at, size_t bytes, int advice);
int __wrap_madvise(void *at, size_t bytes, int advice);
int __wrap_madvise(void *at, size_t bytes, int advice)
{
	errno = ENOMEM;
	return inject_now() ? -1 : __real_madvise(at, bytes, advice);
}
