/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <string.h>

#include "ringlib/util.h"

int rlb_opts_copy(void *dst, size_t dst_size, const void *src, size_t min_size)
{
	const uint8_t *bytes = src;
	size_t size;

	memcpy(&size, src, sizeof(size));
	if (size < min_size)
		return -EINVAL;
	for (size_t i = dst_size; i < size; i++) {
		if (bytes[i])
			return -E2BIG;
	}
	memcpy(dst, src, size < dst_size ? size : dst_size);
	memcpy(dst, &dst_size, sizeof(dst_size));
	return 0;
}
