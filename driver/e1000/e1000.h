/* SPDX-License-Identifier: BSD-2-Clause */
/* The e1000 family's drivers, for the list in driver/drivers.c. */
#ifndef E1000_H
#define E1000_H

#include "driver/driver.h"

extern const struct rld_driver e1000e_driver; /* Intel 82574L */
extern const struct rld_driver e1000_driver;  /* Intel 82540EM */

#endif
