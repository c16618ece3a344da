/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the verifier needs from where it is built: a process, the kernel, or a prover. The only
 * file of the verifier that knows which of them it is.
 */
#ifndef RLV_PORT_H
#define RLV_PORT_H

#ifdef __KERNEL__
#include <linux/compiler.h>
#include <linux/nospec.h>
#include <linux/types.h>
#else
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#define likely(x)   __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#endif

/* What passes a struct in every turn of a loop must be in the loop, or it goes through memory. */
#define rlv_inline static inline __attribute__((always_inline))

#define RLV_U64_MAX 0xffffffffffffffffull

/*
 * Clamp an index that a check has already bounded, so that a CPU which runs ahead of the check
 * does not read past the array either.
 */
/*@ requires index < size;
    assigns \nothing;
    ensures \result == index;
*/
static inline uint32_t rlv_index_nospec(uint32_t index, uint32_t size)
{
#ifdef __KERNEL__
	return array_index_nospec(index, size);
#else
	(void)size;
	return index;
#endif
}

/*
 * @value - @from modulo 2^64, so that one comparison tells whether @value lies in @from up to
 * @from + n. Written without a wrap; compilers make a subtraction of it.
 */
/*@ assigns \nothing;
    ensures past: value >= from ==> \result == value - from;
    ensures before: value < from ==> \result == value - from + RLV_U64_MAX + 1;
*/
static inline uint64_t rlv_past(uint64_t value, uint64_t from)
{
	return value >= from ? value - from : value + (RLV_U64_MAX - from) + 1u;
}

#endif
