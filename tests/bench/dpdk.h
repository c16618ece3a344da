/* SPDX-License-Identifier: BSD-2-Clause */
/* DPDK's environment for a peer that is measured inside this process. */
#ifndef BENCH_DPDK_H
#define BENCH_DPDK_H

#include <stdio.h>
#include <stdlib.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_log.h>

#include "bench.h"

/* No devices, no files, ordinary pages: as the library has without huge pages. */
static inline void bench_dpdk_init(void)
{
	char lcores[32];
	char *argv[] = {
		(char[]){"bench"},
		(char[]){"--no-shconf"},
		(char[]){"--no-huge"},
		(char[]){"--no-pci"},
		(char[]){"--no-telemetry"},
		(char[]){"-m"},
		(char[]){"128"},
		(char[]){"--log-level=error"},
		(char[]){"--lcores"},
		lcores,
	};

	snprintf(lcores, sizeof(lcores), "0@%d", bench_cpu());
	if (rte_eal_init(sizeof(argv) / sizeof(argv[0]), argv) < 0)
		bench_fail("rte_eal_init failed");
}

#endif
