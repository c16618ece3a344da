/* SPDX-License-Identifier: BSD-2-Clause */
/* Registers by name. */
#ifndef RLD_REGS_DUMP_H
#define RLD_REGS_DUMP_H

#include "driver/driver.h"
#include "verifier/rlv_regs.h"

/**
 * rld_regs_dump() - as rlb_port_dump_regs(), of the registers that @regs names.
 * Return: how many there were.
 */
int rld_regs_dump(const struct rld_nic *nic, const struct rlv_regs *regs,
		  void (*each)(const struct rlb_reg *reg, void *arg), void *arg);

#endif
