/* SPDX-License-Identifier: BSD-2-Clause */
/* Macros and helpers inside the library and its drivers; not for programs. */
#ifndef RLB_UTIL_H
#define RLB_UTIL_H

#include <ringlib/base.h>

/* To the letter as in verifier/rlv_port.h: a file may include both. */
#define likely(x)   __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

#define ARRAY_SIZE(a)	 (sizeof(a) / sizeof((a)[0]))
#define READ_ONCE(x)	 (*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, v) (*(volatile __typeof__(x) *)&(x) = (v))
#define container_of(ptr, type, member)                                                            \
	((type *)((char *)(1 ? (ptr) : &((type *)0)->member) - offsetof(type, member)))

static inline uint64_t align_up(uint64_t value, uint64_t power_of_two)
{
	return (value + power_of_two - 1) & ~(power_of_two - 1);
}

static inline bool is_power_of_two(uint64_t value)
{
	return value && !(value & (value - 1));
}

/* Is there a NUMA node @node? Where the kernel knows nothing of nodes, any is as good. */
bool rlb_numa_exists(int node);

/*
 * Let pages of @addr that are not there yet come from @node, an existing one or RLB_NUMA_ANY, while
 * it has some: on a full node a program still works, only slower.
 */
void rlb_numa_prefer(void *addr, size_t bytes, int node);

/**
 * rlb_opts_copy() - take over a caller's options struct of any age.
 * @name: of the struct, for the log line.
 * @dst: @dst_size bytes, the struct as this library knows it, holding defaults; overwritten.
 * @src: begins with size_t size, as the caller knows it.
 * @min_size: the struct's size in the first release. It never changes.
 * Return: 0; -EINVAL (size smaller than @min_size), -E2BIG (unknown bytes that are not zero). Both
 *	are logged.
 */
int rlb_opts_copy(const char *name, void *dst, size_t dst_size, const void *src, size_t min_size);

/* Size of a struct that ends with @member. */
#define offset_behind(type, member) (offsetof(type, member) + sizeof(((type *)0)->member))

/* Log that @what could not be had for lack of memory. Return: -ENOMEM. */
int rlb_no_memory(const char *what);

#endif
