/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Register policy of the e1000 family. */
#ifndef RLV_E1000_REGS_H
#define RLV_E1000_REGS_H

#include "verifier/rlv_regs.h"

#define RLV_E1000_82574	  1u
#define RLV_E1000_82540EM 2u

extern const struct rlv_regs rlv_e1000_82574_regs;
extern const struct rlv_regs rlv_e1000_82540em_regs;

#endif
