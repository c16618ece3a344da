/* SPDX-License-Identifier: BSD-2-Clause */
/* The lists through which everything above the contracts is reached. A new driver is added here. */
#include "driver/driver.h"
#include "driver/e1000/e1000.h"
#include "driver/pcap/pcap_port.h"

const struct rld_driver *const rld_drivers[] = {
	&e1000e_driver,
	&e1000_driver,
	NULL,
};

const struct rlb_port_type *const rlb_port_types[] = {
	&pcap_port_type,
	NULL,
};
