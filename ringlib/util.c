/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <string.h>

#include <ringlib/log.h>

#include "ringlib/util.h"

int rlb_opts_copy(const char *name, void *dst, size_t dst_size, const void *src, size_t min_size)
{
	const uint8_t *bytes = src;
	size_t size;

	memcpy(&size, src, sizeof(size));
	if (size < min_size) {
		rlb_log(ERR,
			"struct %s: size is %zu, but at least %zu; set it to sizeof(struct %s)",
			name, size, min_size, name);
		return -EINVAL;
	}
	for (size_t i = dst_size; i < size; i++) {
		if (bytes[i]) {
			rlb_log(ERR,
				"struct %s: has options that this library does not know; use a "
				"newer "
				"libringlib",
				name);
			return -E2BIG;
		}
	}
	memcpy(dst, src, size < dst_size ? size : dst_size);
	memcpy(dst, &dst_size, sizeof(dst_size));
	return 0;
}

int rlb_no_memory(const char *what)
{
	rlb_log(ERR, "no memory for %s; use fewer or smaller pools, or see: ulimit -v", what);
	return -ENOMEM;
}
