/* SPDX-License-Identifier: BSD-2-Clause */
/* The lists through which everything above the contracts is reached. A new driver is added here. */
#include "driver/driver.h"
#include "driver/e1000/e1000.h"
#include "driver/pcap/pcap_port.h"
#include "driver/vfio/vfio.h"

const struct rld_driver *const rld_drivers[] = {
	&e1000e_driver,
	&e1000_driver,
	NULL,
};

static const struct rlb_port_type vfio_port_type = RLD_NIC_PORT_TYPE("vfio", &vfio_transport);

const struct rlb_port_type *const rlb_port_types[] = {
	&vfio_port_type,
	&pcap_port_type,
	NULL,
};
