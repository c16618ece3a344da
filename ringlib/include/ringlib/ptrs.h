/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Copy of a few pointers, inline, for counts that are known at run time only and are mostly 1 or a
 * burst: memcpy() would be a call, and would decide its strategy anew each time.
 */
#ifndef RLB_PTRS_H
#define RLB_PTRS_H

#include <immintrin.h>

#include <ringlib/base.h>

RLB_BEGIN_DECLS

/**
 * rlb_ptrs_copy() - copy @n pointers from @src to @dst, which do not overlap.
 * Cost: about @n / 2 loads and as many stores; no call.
 */
rlb_always_inline void rlb_ptrs_copy(void *dst, const void *src, unsigned int n)
{
	uint64_t *d = (uint64_t *)dst;
	const uint64_t *s = (const uint64_t *)src;

	if (n == 1) {
		*(void **)dst = *(void *const *)src;
		return;
	}
	for (; n >= 8; n -= 8, d += 8, s += 8) {
		__m128i a = _mm_loadu_si128((const __m128i *)s);
		__m128i b = _mm_loadu_si128((const __m128i *)(s + 2));
		__m128i e = _mm_loadu_si128((const __m128i *)(s + 4));
		__m128i f = _mm_loadu_si128((const __m128i *)(s + 6));

		_mm_storeu_si128((__m128i *)d, a);
		_mm_storeu_si128((__m128i *)(d + 2), b);
		_mm_storeu_si128((__m128i *)(d + 4), e);
		_mm_storeu_si128((__m128i *)(d + 6), f);
	}
	if (n == 0)
		return;
	if (n & 4) {
		__m128i a = _mm_loadu_si128((const __m128i *)s);
		__m128i b = _mm_loadu_si128((const __m128i *)(s + 2));

		_mm_storeu_si128((__m128i *)d, a);
		_mm_storeu_si128((__m128i *)(d + 2), b);
		d += 4;
		s += 4;
	}
	if (n & 2) {
		_mm_storeu_si128((__m128i *)d, _mm_loadu_si128((const __m128i *)s));
		d += 2;
		s += 2;
	}
	if (n & 1)
		*(void **)d = *(void *const *)s;
}

RLB_END_DECLS

#endif
