/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Register access for bring-up code (driver/<nic>/<nic>_hw.c): freestanding, so that a kernel
 * module can compile the same files. This header holds the only #ifdef __KERNEL__ of driver/.
 */
#ifndef RLD_REGS_H
#define RLD_REGS_H

#ifdef __KERNEL__
#include <linux/bits.h>
#include <linux/errno.h>
#include <linux/types.h>
#else
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#define BIT(n)	      (1u << (n))
#define GENMASK(h, l) ((~0u >> (31 - (h))) & (~0u << (l)))
#endif

/* How a device's 32-bit registers (BAR 0) are reached. */
struct rld_regs {
	/* Read one register; all ones when the device is gone. @offset: bytes, a multiple of 4. */
	uint32_t (*read32)(void *ctx, uint32_t offset);
	/* Write one register. Posted: read something back where the order of arrival matters. */
	void (*write32)(void *ctx, uint32_t offset, uint32_t value);
	/* Wait at least @us microseconds. */
	void (*delay_us)(void *ctx, uint32_t us);
	void *ctx;
};

static inline uint32_t rld_read32(const struct rld_regs *regs, uint32_t offset)
{
	return regs->read32(regs->ctx, offset);
}

static inline void rld_write32(const struct rld_regs *regs, uint32_t offset, uint32_t value)
{
	regs->write32(regs->ctx, offset, value);
}

static inline void rld_delay_us(const struct rld_regs *regs, uint32_t us)
{
	regs->delay_us(regs->ctx, us);
}

/* Clear the bits of @clear, set those of @set. */
static inline void rld_update32(const struct rld_regs *regs, uint32_t offset, uint32_t clear,
				uint32_t set)
{
	rld_write32(regs, offset, (rld_read32(regs, offset) & ~clear) | set);
}

#define RLD_WAIT_STEP_US 10u

/**
 * rld_wait32() - wait until (register & @mask) == @want.
 * @us: limit in microseconds; the caller says where it comes from. Polled every RLD_WAIT_STEP_US.
 * Return: 0; -ETIMEDOUT; -ENODEV (the register reads all ones: the device is gone).
 */
static inline int rld_wait32(const struct rld_regs *regs, uint32_t offset, uint32_t mask,
			     uint32_t want, uint32_t us)
{
	uint32_t waited = 0;

	for (;;) {
		uint32_t value = rld_read32(regs, offset);

		if (value == 0xffffffffu)
			return -ENODEV;
		if ((value & mask) == want)
			return 0;
		if (waited >= us)
			return -ETIMEDOUT;
		rld_delay_us(regs, RLD_WAIT_STEP_US);
		waited += RLD_WAIT_STEP_US;
	}
}

#endif
