/* SPDX-License-Identifier: BSD-2-Clause */
/* What every other public header needs: export mark, branch hints, cache line, address types. */
#ifndef RLB_BASE_H
#define RLB_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define RLB_BEGIN_DECLS extern "C" {
#define RLB_END_DECLS	}
#else
#define RLB_BEGIN_DECLS
#define RLB_END_DECLS
#endif

#define RLB_API		  __attribute__((visibility("default")))
#define RLB_CACHE_LINE	  64
#define RLB_CACHE_ALIGNED __attribute__((aligned(RLB_CACHE_LINE)))
#define rlb_likely(x)	  __builtin_expect(!!(x), 1)
#define rlb_unlikely(x)	  __builtin_expect(!!(x), 0)
#define rlb_always_inline static inline __attribute__((always_inline))

/* An address as a device sees it: an IOVA, a guard address or, over vhost-user, a process address.
 */
typedef uint64_t rlb_iova_t;

/* Tell the CPU that this is a spin loop. */
static inline void rlb_cpu_pause(void)
{
	__builtin_ia32_pause();
}

#endif
